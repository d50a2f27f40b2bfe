import { expect } from 'chai';
import { Secret } from '../../src/config/secret.js';
import type { ExternalReceiverSettings } from '../../src/receivers/external/settings.js';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import { anEvent, eventsFor, never } from './events.js';
import { type Script, type ScriptedServer, scriptedServer } from './scripted-server.js';
import { expectHidden } from './secrecy.js';

const MARKER = 'marker-secret-0123456789';
const ALL_GOOD: Script = ({ eventIds }) => ({
  status: 200,
  body: JSON.stringify({ results: eventIds.map((id) => ({ event_id: id, status: 'success' })) }),
});

function aReceiver(given: Partial<ExternalReceiverSettings>): ExternalReceiver {
  return new ExternalReceiver({
    endpoint: 'https://receiver.example/in',
    version: '1.2.3',
    transport: { env: {}, deadlineMs: 5_000 },
    ...given,
  });
}

describe('ExternalReceiver', () => {
  let server: ScriptedServer | undefined;
  let receiver: ExternalReceiver | undefined;

  afterEach(async () => {
    await receiver?.close();
    await server?.close();
  });

  async function at(script: Script, given: Partial<ExternalReceiverSettings> = {}) {
    await receiver?.close();
    await server?.close();
    server = await scriptedServer(script);
    receiver = aReceiver({ endpoint: `${server.url}/in?k=v`, ...given });
    return receiver;
  }

  it('posts to the URL as given, gzipped, with the headers of the protocol and the operator', async () => {
    const headers = {
      'X-Key': new Secret(` ${MARKER}\n`),
      'content-TYPE': new Secret('text/plain'),
    };
    const target = await at(ALL_GOOD, { headers, compression: 'gzip' });
    await target.deliver(eventsFor(['a']), never());
    const seen = server?.seen[0];
    expect(seen?.method).to.equal('POST');
    expect(seen?.path).to.equal('/in?k=v');
    expect(seen?.headers).to.include({
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      'user-agent': 'redrain/1.2.3',
      'x-key': MARKER,
    });
    expect(seen?.headers).to.not.have.any.keys('authorization', 'x-team-slug', 'expect');
  });

  it('sends a header once, as the operator has it, however it is spelled', async () => {
    const headers = { accept: new Secret('text/plain'), 'User-AGENT': new Secret('mine') };
    const target = await at(ALL_GOOD, { headers });
    await target.deliver(eventsFor(['a']), never());
    expect(server?.seen[0]?.headers).to.include({ accept: 'text/plain', 'user-agent': 'mine' });
  });

  it('reports one outcome for each event, and the bytes it sent', async () => {
    const target = await at(ALL_GOOD);
    const report = await target.deliver(eventsFor(['a', 'b']), never());
    expect(report.outcomes.map((outcome) => outcome?.kind)).to.deep.equal(['success', 'success']);
    expect(report).to.include({ httpStatus: 200 });
    expect(report.bytesSent).to.equal(Number(server?.seen[0]?.headers['content-length']));
  });

  it('sends payload bytes unchanged, whatever is in them', async () => {
    const bytes = Buffer.from(
      '{"event_id":"a","team_slug":null,"drain_blocked_reason":"no_auth" }',
    );
    const target = await at(ALL_GOOD);
    await target.deliver([anEvent('a', { bytes })], never());
    expect(server?.seen[0]?.body.toString()).to.equal(`{"events":[${bytes}]}`);
  });

  it('keeps one connection from batch to batch', async () => {
    const target = await at(ALL_GOOD);
    for (let n = 0; n < 4; n += 1) await target.deliver(eventsFor([`e${n}`]), never());
    expect(server?.connections()).to.equal(1);
  });

  it('takes a bare 2xx for success when told that the status is the answer', async () => {
    const target = await at(() => ({ status: 204 }), { ack: 'status' });
    const { outcomes } = await target.deliver(eventsFor(['a']), never());
    expect(outcomes).to.deep.equal([{ kind: 'success' }]);
  });

  it('shows none of its secrets, however a server echoes them', async () => {
    const echo = (text: string) => ({ error: text, details: [{ event_id: 'a', error: { text } }] });
    for (const status of [200, 302, 400, 401, 412, 413, 500]) {
      const script: Script = ({ headers }) => {
        const said = `${headers['x-key']} ${headers.authorization}`;
        const results = [{ event_id: 'a', status: 'rejected', error: said }];
        const body = { ...echo(said), results, sync_protocol: { upgrade_guidance: said } };
        const location = `/${encodeURIComponent(said)}`;
        return { status, headers: { location }, body: JSON.stringify(body) };
      };
      const headers = {
        'X-Key': new Secret(MARKER),
        Authorization: new Secret(`Bearer ${MARKER}-bearer`),
      };
      const target = await at(script, { headers });
      const report = await target.deliver(eventsFor(['a', 'b']), never());
      expect(server?.seen).to.have.length(1);
      expectHidden(report, MARKER);
      expectHidden(target, MARKER);
    }
  });

  it('shows an endpoint without the values of its query', () => {
    expect(aReceiver({ endpoint: `https://h.example/in?key=${MARKER}&x` }).endpoint).to.equal(
      'https://h.example/in?key=…&…',
    );
    expect(aReceiver({}).endpoint).to.equal('https://receiver.example/in');
  });

  it('leaves room for the frame in its limits', () => {
    expect(aReceiver({}).limits).to.deep.equal({ maxEvents: 1000, maxBytes: 512 * 1024 - 12 });
    expect(aReceiver({ limits: { maxEvents: 5 } }).limits.maxEvents).to.equal(5);
  });

  it('sends no health request', async () => {
    expect(await aReceiver({}).greet(never())).to.deep.equal({});
  });

  describe('gates', () => {
    const closed: [string, Partial<ExternalReceiverSettings>, string, RegExp][] = [
      ['no endpoint', { endpoint: undefined }, 'config_unreadable', /no endpoint.*--endpoint/],
      ['a blank endpoint', { endpoint: ' ' }, 'config_unreadable', /no endpoint/],
      ['an invalid endpoint', { endpoint: 'receiver' }, 'config_unreadable', /not a URL/],
      ['another protocol', { endpoint: 'ftp://h.example/' }, 'config_unreadable', /not an http/],
      [
        'a password in the URL',
        { endpoint: 'https://u:p@h.example/' },
        'config_unreadable',
        /password/,
      ],
      [
        'an unset variable',
        { missingVariables: [{ header: 'X-Key', variable: 'MY_KEY' }] },
        'missing_auth',
        /MY_KEY is not set/,
      ],
      [
        'a value HTTP cannot carry',
        { headers: { 'X-Key': new Secret('a\nb') } },
        'missing_auth',
        /"X-Key"/,
      ],
      [
        'a token on plain http',
        { endpoint: 'http://h.example/', headers: { authorization: new Secret('Basic abc') } },
        'missing_auth',
        /unencrypted/,
      ],
      [
        'a CA file that is not there',
        { transport: { env: {}, caFile: 'nowhere.pem' } },
        'config_unreadable',
        /CA file/,
      ],
    ];
    for (const [name, given, reason, message] of closed)
      it(`closes for ${name}, and then sends nothing`, async () => {
        const target = aReceiver(given);
        const gate = await target.closedGate();
        expect(gate?.reason).to.equal(reason);
        expect(`${gate?.message}: ${gate?.advice}`).to.match(message);
        const report = await target.deliver(eventsFor(['a']), never());
        expect(report).to.include({ httpStatus: null, bytesSent: 0, blocked: reason });
        expect(report.outcomes[0]?.kind).to.equal('transient');
      });

    it('is open over https, on loopback, and on plain http without a secret', async () => {
      const token = { Authorization: new Secret('Bearer x') };
      const open: Partial<ExternalReceiverSettings>[] = [
        { headers: token },
        { endpoint: 'http://127.0.0.1:9/', headers: token },
        { endpoint: 'http://[::1]:9/', headers: token },
        { endpoint: 'http://localhost:9/', headers: token },
        { endpoint: 'http://h.example/?key=1', headers: {} },
      ];
      for (const given of open) expect(await aReceiver(given).closedGate()).to.equal(undefined);
    });
  });
});
