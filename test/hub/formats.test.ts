import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { holdWriteLock } from '../support/faults.js';
import { contentsOf, givenHub, verdicts } from './given-hub.js';

const one = (id: string, more: object = {}): string =>
  JSON.stringify({ event_id: id, event_type: 'Paid', ...more });
const batch = (...events: readonly string[]): string => `{"events":[${events.join(',')}]}`;
const NDJSON = { 'content-type': 'application/x-ndjson' };
const CLOUD = { specversion: '1.0', id: 'c1', source: '/shop', type: 'Paid' };
const json = JSON.stringify;

const FORMATS: [
  what: string,
  body: string | Buffer,
  headers: Record<string, string>,
  id: string,
  bytes: string,
][] = [
  ['a batch', batch(one('a')), {}, 'a', one('a')],
  ['a list', `[${one('a')}]`, {}, 'a', one('a')],
  ['lines', `${one('a')}\n`, NDJSON, 'a', one('a')],
  ['a compressed batch', gzipSync(batch(one('a'))), { 'content-encoding': 'gzip' }, 'a', one('a')],
  ['a webhook', '{"type":"Paid","n":1}', { 'webhook-id': 'w1' }, 'w1', '{"type":"Paid","n":1}'],
  [
    'a CloudEvent',
    json(CLOUD),
    { 'content-type': 'application/cloudevents+json' },
    'c1',
    json(CLOUD),
  ],
  [
    'a list of CloudEvents',
    json([CLOUD]),
    { 'content-type': 'application/cloudevents-batch+json' },
    'c1',
    json(CLOUD),
  ],
  [
    'a CloudEvent in headers',
    '{ "n": 1 }',
    {
      'ce-type': 'Paid',
      'ce-specversion': '1.0',
      'ce-source': '/shop',
      'ce-id': 'c1',
      'ce-time': '2026-11-01T00:00:00Z',
    },
    'c1',
    `{"specversion":"1.0","id":"c1","source":"/shop","type":"Paid","datacontenttype":"application/json","time":"2026-11-01T00:00:00Z","data":{ "n": 1 }}`,
  ],
  [
    'a CloudEvent in headers whose data are no JSON',
    'hello',
    {
      'content-type': 'text/plain',
      'ce-specversion': '1.0',
      'ce-source': '/shop',
      'ce-id': 'c1',
      'ce-type': 'Paid',
    },
    'c1',
    `{"specversion":"1.0","id":"c1","source":"/shop","type":"Paid","datacontenttype":"text/plain","data_base64":"aGVsbG8="}`,
  ],
];

describe('a hub takes', () => {
  for (const [what, body, headers, id, bytes] of FORMATS)
    it(`${what}, and knows it when it comes again`, async () => {
      const hub = await givenHub();
      expect(verdicts(await hub.post(body, headers))).to.deep.equal(['success']);
      expect(verdicts(await hub.post(body, headers))).to.deep.equal(['duplicate']);
      const [stored, ...others] = contentsOf(hub.app.paths.home) as Record<string, string>[];
      expect(others).to.deep.equal([]);
      expect(stored).to.include({ event_id: id, event_type: 'Paid' });
      expect(Buffer.from(stored?.bytes ?? '', 'hex').toString()).to.equal(bytes);
    });

  it('the good events of a request, and says of each other one what is wrong', async () => {
    const hub = await givenHub();
    const events = [one('a'), '{"event_id":"b"}', '{"n":1}', one('c')];
    const { status, body } = await hub.post(batch(...events));
    expect(status).to.equal(200);
    expect(body.results?.map(({ event_id, status: said }) => [event_id, said])).to.deep.equal([
      ['a', 'success'],
      ['b', 'rejected'],
      [null, 'rejected'],
      ['c', 'success'],
    ]);
    expect(body.results?.[1]?.error).to.match(/no event_type/);
  });

  it('another content for a known id as a conflict, and names both sides', async () => {
    const hub = await givenHub();
    await hub.post(batch(one('a')));
    const { body } = await hub.post(batch(one('b'), one('a', { n: 2 })));
    expect(body.results?.map(({ status }) => status)).to.deep.equal(['success', 'rejected']);
    expect(body.results?.[1]?.error).to.match(
      /here is sha256 [\da-f]{16}, sent was sha256 [\da-f]{16}. Both are kept, as conflict 1/,
    );
    const { conflicts } = await (await hub.stores()).conflicts.list({ all: false, limit: 9 });
    expect(
      conflicts.map(({ eventId, incomingBytes }) => [eventId, String(incomingBytes)]),
    ).to.deep.equal([['a', one('a', { n: 2 })]]);
  });

  it('nothing of a test: canaries are known again, and stored nowhere', async () => {
    const hub = await givenHub();
    const canary = JSON.stringify({ event_id: 'canary', event_type: 'redrain.test' });
    expect(verdicts(await hub.post(batch(canary, one('a'))))).to.deep.equal(['success', 'success']);
    expect(verdicts(await hub.post(batch(canary)))).to.deep.equal(['duplicate']);
    expect(contentsOf(hub.app.paths.home)).to.have.length(1);
  });

  it('a thousand events in requests that come at once, in few commits', async () => {
    const hub = await givenHub();
    const requests = Array.from({ length: 100 }, (_, at) =>
      hub.post(batch(...Array.from({ length: 10 }, (_, n) => one(`e${at}-${n}`)))),
    );
    const answers = await Promise.all(requests);
    expect(new Set(answers.flatMap(verdicts))).to.deep.equal(new Set(['success']));
    expect(contentsOf(hub.app.paths.home)).to.have.length(1_000);
  });
});

describe('a hub whose journal is locked', () => {
  it('takes what has no other place into the spool', async () => {
    const hub = await givenHub({ app: { storage: { busyTimeoutMs: 50 } } });
    await hub.post(batch(one('before')));
    const lock = holdWriteLock(hub.app.paths.journalDb);
    expect(verdicts(await hub.post(batch(one('spooled'))))).to.deep.equal(['success']);
    lock.release();
    expect(verdicts(await hub.post(batch(one('after'))))).to.deep.equal(['success']);
    const ids = contentsOf(hub.app.paths.home).map((row) => (row as { event_id: string }).event_id);
    expect(ids).to.deep.equal(['after', 'before', 'spooled']);
  });
});
