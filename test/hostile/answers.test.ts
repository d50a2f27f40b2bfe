import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Secret } from '../../src/config/secret.js';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import { type Core, givenTarget, openCore, rows } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvent } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds, someOf } from '../support/rounds.js';
import { closeAfterTest } from '../support/temporary-home.js';
import {
  drip,
  http,
  pour,
  type RawAnswer,
  type RawServer,
  rawServer,
  saying,
} from './raw-server.js';

const MIB = 1024 * 1024;
const IDS = ['a', 'b', 'c'];
/** Nothing ends in it but what never ends by itself. */
const SHORT_MS = 100;
const LONG_MS = 50_000;

const ZEROS = Buffer.alloc(64 * MIB);
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
/** Many members one after the other: 2 MB that unpack to 2 GiB. */
const gzipBomb = (): Buffer => Buffer.concat(Array<Buffer>(32).fill(gzipSync(ZEROS)));

interface Answered {
  readonly core: Core;
  readonly server: RawServer;
  readonly statuses: readonly (string | null)[];
  /** As the dispatch log has it. */
  readonly posts: readonly { http_status: number | null; error: string | null }[];
}

async function drainedBy(
  answer: (ids: readonly string[]) => RawAnswer,
  { deadlineMs = LONG_MS, maxEvents = 1000 } = {},
): Promise<Answered> {
  const server = await rawServer(({ eventIds }) => answer(eventIds));
  const core = await openCore();
  await givenTarget(core);
  await core.journal.append(
    IDS.map((id) => newEvent(id)),
    'capture',
  );
  const receiver = new ExternalReceiver({
    endpoint: `${server.url}/in`,
    version: '0.0.0',
    headers: { Authorization: new Secret('Bearer marker-of-the-operator') },
    transport: { env: {}, deadlineMs },
    limits: { maxEvents, maxBytes: MIB },
  });
  closeAfterTest(() => receiver.close());
  await drainWith(core, receiver);
  assertLedgerInvariant(core);
  expect(rows(core, 'SELECT event_id FROM event ORDER BY seq')).to.have.length(IDS.length);
  const posts = rows<Answered['posts'][number]>(
    core,
    'SELECT http_status, error FROM post ORDER BY id',
  );
  expect(JSON.stringify([posts, rows(core, 'SELECT * FROM delivery')])).to.not.include('marker-of');
  const statuses = rows<{ status: string | null }>(
    core,
    'SELECT d.status FROM event e LEFT JOIN delivery d USING (seq) ORDER BY e.seq',
  );
  return { core, server, posts, statuses: statuses.map(({ status }) => status) };
}

const all = (status: string): string[] => IDS.map(() => status);
const OK = '200 OK';

describe('an answer that never ends', () => {
  const ENDLESS: Readonly<Record<string, RawAnswer>> = {
    'headers that drip': drip('HTTP/1.1 200 OK\r\n', 'X-A: b\r\n'),
    'a status line that drips': drip('HTTP/1.1 200 ', 'O'),
    'a body that drips': drip('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n', ' '),
    'chunks that drip': drip('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\n \r\n'),
    'interim answers that drip': drip('', 'HTTP/1.1 100 Continue\r\n\r\n'),
    'early hints forever': drip('', 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n'),
    'nothing at all': () => undefined,
  };
  for (const [name, answer] of someOf(ENDLESS, 'headers that drip', 'a body that drips'))
    it(`${name}: no answer, everything is tried again`, async () => {
      const { statuses, posts } = await drainedBy(() => answer, { deadlineMs: SHORT_MS });
      expect(statuses).to.deep.equal(all('failed_transient'));
      expect(posts[0]).to.include({ http_status: null });
      expect(posts[0]?.error).to.match(/^no answer from/);
    });
});

describe('an answer in another protocol', () => {
  it('is called that, and everything is tried again', async () => {
    const answer = http('101 Switching Protocols', '', ['Upgrade: x', 'Connection: Upgrade']);
    const { statuses, posts } = await drainedBy(() => answer);
    expect(statuses).to.deep.equal(all('failed_transient'));
    expect(posts[0]?.error).to.match(/ goes over to another protocol/);
  });
});

describe('an answer that is too much', () => {
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
  const header = (coding: string): string[] => [`Content-Encoding: ${coding}`];
  const FLOODS: Readonly<Record<string, () => RawAnswer>> = {
    'chunks without end': () =>
      pour('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', chunk),
    'a body until the connection closes': () => pour('HTTP/1.1 200 OK\r\n\r\n', ' '.repeat(65_536)),
    'headers without end': () => pour('HTTP/1.1 200 OK\r\n', `X: ${'y'.repeat(8192)}\r\n`),
    'one header without end': () => pour('HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(65_536)),
    'a reason without end': () => pour('HTTP/1.1 200 ', 'y'.repeat(65_536)),
    'a gzip bomb of gigabytes': () => http(OK, gzipBomb(), header('gzip')),
    'a deflate bomb': () => http(OK, deflateSync(ZEROS), header('deflate')),
    'a brotli bomb': () => http(OK, brotliCompressSync(ZEROS, QUICKLY), header('br')),
    'a terabyte announced': () => 'HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n{',
  };
  for (const [name, answer] of someOf(
    FLOODS,
    'chunks without end',
    'one header without end',
    'a reason without end',
    'a gzip bomb of gigabytes',
  ))
    it(`${name}: ends at a bound, everything is tried again`, async () => {
      const brief = name === 'a terabyte announced' ? { deadlineMs: SHORT_MS } : {};
      const { statuses, posts, server } = await drainedBy(answer, brief);
      expect(statuses).to.deep.equal(all('failed_transient'));
      expect(posts[0]).to.include({ http_status: null });
      const written = server.sockets.map(({ bytesWritten }) => bytesWritten);
      expect(Math.max(...written), 'bytes that were taken').to.be.below(64 * MIB);
    });
});

describe('an answer that is not what it says', () => {
  const success = (ids: readonly string[]): string => saying('success', ids);
  const BROKEN: Readonly<Record<string, (ids: readonly string[]) => RawAnswer>> = {
    'fewer bytes than announced': (ids) => (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n${success(ids)}`),
    'a length below zero': (ids) => `HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n${success(ids)}`,
    'two lengths that differ': (ids) => http(OK, success(ids), ['Content-Length: 7']),
    'a length and chunks': (ids) => http(OK, success(ids), ['Transfer-Encoding: chunked']),
    'gzip twice': (ids) =>
      http(OK, gzipSync(gzipSync(success(ids))), ['Content-Encoding: gzip, gzip']),
    'invalid gzip': (ids) => http(OK, success(ids), ['Content-Encoding: gzip']),
    'gzip once, called so twice': (ids) =>
      http(OK, gzipSync(success(ids)), ['Content-Encoding: gzip', 'Content-Encoding: gzip']),
    'a coding by the name of a property': (ids) =>
      http(OK, success(ids), ['Content-Encoding: constructor']),
    'no HTTP': () => (socket) => socket.end('220 mail.example ESMTP\r\n'),
    'no status': () => (socket) => socket.end('HTTP/1.1\r\n\r\n'),
    'a status of four digits': (ids) => http('2000 OK', success(ids)),
    'a NUL in a header': (ids) => http(OK, success(ids), ['X-A: \0']),
    'a version from the future': (ids) => (socket) =>
      socket.end(http(OK, success(ids)).toString().replace('HTTP/1.1', 'HTTP/9.9')),
  };
  for (const [name, answer] of someOf(
    BROKEN,
    'fewer bytes than announced',
    'a length and chunks',
    'invalid gzip',
    'no HTTP',
  ))
    it(`${name}: no verdict, and nothing is called delivered`, async () => {
      const { statuses, posts } = await drainedBy(answer, { deadlineMs: 5_000 });
      expect(statuses).to.deep.equal(all('failed_transient'));
      expect(posts[0]?.http_status, posts[0]?.error ?? '').to.equal(null);
    });

  for (const status of [
    '204 No Content',
    '205 Reset',
    ...rounds([], ['304 Not Modified', '700 Odd', '999 Odd', '600 x']),
  ])
    it(`${status} with a success in its body: an answer without a verdict`, async () => {
      const { statuses } = await drainedBy((ids) => http(status, success(ids)), {
        deadlineMs: 5_000,
      });
      expect(statuses).to.deep.equal(
        all(status.startsWith('205') ? 'success' : 'failed_transient'),
      );
    });

  it('interim answers in front of the real one do not count', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n';
    const { statuses } = await drainedBy((ids) =>
      Buffer.concat([Buffer.from(interim), http(OK, success(ids))]),
    );
    expect(statuses).to.deep.equal(all('success'));
  });

  it('a second answer behind the first is not taken for that to the next batch', async () => {
    const { statuses } = await drainedBy(
      (ids) =>
        ids.includes('a')
          ? Buffer.concat([
              http(OK, success(['a'])),
              http(OK, success(['b'])),
              http(OK, success(['c'])),
            ])
          : http(OK, saying('rejected', ids)),
      { maxEvents: 1 },
    );
    expect(statuses[0]).to.be.oneOf(['success', 'failed_transient']);
    for (const status of statuses.slice(1))
      expect(status).to.be.oneOf(['rejected', 'failed_transient']);
  });
});

describe('an answer that points elsewhere', () => {
  for (const code of rounds([302, 307], [300, 301, 302, 303, 305, 307, 308]))
    it(`${code}: nobody there hears of it`, async () => {
      const elsewhere = await rawServer(({ eventIds }) => http(OK, saying('success', eventIds)));
      const odd = ['file:///etc/passwd', '//127.0.0.1:1/', '\u00ff:::'];
      for (const location of [elsewhere.url, ...rounds([], odd)]) {
        const { statuses, posts } = await drainedBy(() =>
          http(`${code} Elsewhere`, '', [`Location: ${location}`, `Refresh: 0; url=${location}`]),
        );
        expect(statuses).to.deep.equal(all('failed_transient'));
        expect(posts).to.have.length(1);
      }
      expect(elsewhere.sockets).to.have.length(0);
    });
});

describe('results that contradict themselves', () => {
  const LONG = 'x'.repeat(100_000);
  const one = (event_id: unknown, status: unknown): object => ({ event_id, status });
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const RESULTS: Readonly<
    Record<string, readonly [results: string, a: string, b: string, c: string]>
  > = {
    'the same id twice: the last wins': [
      JSON.stringify([
        one('a', 'success'),
        one('a', 'rejected'),
        one('b', 'rejected'),
        one('b', 'success'),
      ]),
      'rejected',
      'success',
      'failed_transient',
    ],
    'ids that JavaScript knows': [
      '[{"event_id":"__proto__","status":"success"},{"event_id":"constructor","status":"success"},{"__proto__":{"event_id":"a","status":"success"}},{"event_id":"toString","status":"success"},{"event_id":"c","status":"constructor"}]',
      ...(['failed_transient', 'failed_transient', 'failed_transient'] as const),
    ],
    'ids that only look alike': [
      JSON.stringify([
        one('A', 'success'),
        one(' b', 'success'),
        one('c\0', 'success'),
        one(['c'], 'success'),
      ]),
      ...(['failed_transient', 'failed_transient', 'failed_transient'] as const),
    ],
    'statuses of every other type': [
      JSON.stringify([one('a', 1), one('b', ['success']), one('c', { success: true })]),
      ...(['failed_transient', 'failed_transient', 'failed_transient'] as const),
    ],
    'entries nested 100,000 deep': [
      `[${deep},{"event_id":"a","status":"success"},{"event_id":"b","status":"rejected","error":${deep}},{"event_id":"c","status":${deep}}]`,
      'success',
      'rejected',
      'failed_transient',
    ],
    'ids, statuses and reasons of 100 kB': [
      JSON.stringify([
        one(LONG, 'success'),
        one(`a${LONG}`, 'rejected'),
        one('a', 'success'),
        { ...one('b', 'rejected'), error: LONG },
        one('c', LONG),
      ]),
      'success',
      'rejected',
      'failed_transient',
    ],
    'a list of numbers': [
      '[1,2,3,null,true]',
      ...(['failed_transient', 'failed_transient', 'failed_transient'] as const),
    ],
    'an object in place of the list': [
      '{"a":"success","b":"success","c":"success"}',
      ...(['failed_transient', 'failed_transient', 'failed_transient'] as const),
    ],
    'a number in place of the list': [
      '1e999',
      ...(['failed_transient', 'failed_transient', 'failed_transient'] as const),
    ],
    'a hundred thousand results for ids that were not sent': [
      JSON.stringify([
        ...Array.from({ length: 100_000 }, (_, i) => one(`x${i}`, 'rejected')),
        one('a', 'success'),
      ]),
      'success',
      'failed_transient',
      'failed_transient',
    ],
  };
  for (const [name, [results, ...expected]] of someOf(
    RESULTS,
    'the same id twice: the last wins',
    'ids that JavaScript knows',
    'entries nested 100,000 deep',
    'an object in place of the list',
    'ids, statuses and reasons of 100 kB',
  ))
    it(name, async () => {
      const { core, statuses, posts } = await drainedBy(() => http(OK, `{"results":${results}}`));
      expect(statuses).to.deep.equal(expected);
      expect(posts[0]).to.include({ http_status: 200 });
      const words = "coalesce(last_error, '') || coalesce(last_response_json, '')";
      for (const { length } of rows<{ length: number }>(
        core,
        `SELECT length(${words}) AS length FROM delivery`,
      ))
        expect(length, 'what is kept of the answer').to.be.below(1_200);
    });

  it('a refusal that names events by ids of 100 kB names none of ours', async () => {
    const details = ['a', LONG, `a${LONG}`].map((id) => ({ event_id: id, detail: LONG }));
    const body = JSON.stringify({ error: LONG, details });
    const { statuses, posts } = await drainedBy((ids) =>
      ids.includes('a') ? http('400 No', body) : http(OK, saying('success', ids)),
    );
    expect(statuses).to.deep.equal(['rejected', 'success', 'success']);
    expect(JSON.stringify(posts)).to.have.length.below(2_000);
  });
});
