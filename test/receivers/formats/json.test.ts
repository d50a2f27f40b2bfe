import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.js';
import { givenSettings } from '../../../src/receivers/external/settings.js';
import { ExternalReceiver } from '../../../src/receivers/external-receiver.js';
import { externalIdentity } from '../../../src/targets/identity.js';
import { anEvent, never } from '../events.js';
import { givenReceiver } from './given-receiver.js';

const PAYLOADS = ['{ "event_id":"a",  "n": 1.00 }', '{"event_id":"b","ä":"{{event}} $& \\u00e4"}'];
const EVENTS = PAYLOADS.map((text, i) => anEvent('ab'[i]!, { bytes: Buffer.from(text) }));

describe('format = "json"', () => {
  it('is a list of the payloads, byte for byte', async () => {
    const { receiver, server } = await givenReceiver({ format: 'json' });
    await receiver.deliver(EVENTS, never());
    expect(server.seen[0]?.body.toString()).to.equal(`[${PAYLOADS.join(',')}]`);
    expect(server.seen[0]?.headers['content-type']).to.equal('application/json');
  });

  it('has what the operator gives around the list and around each event', async () => {
    const frame = {
      body: '{"batch":{{events}},"v":1}\n',
      item: '{"id":{{ id }},"kind":{{type}},"at":{{time}},"json":{{event}}}',
      contentType: 'application/vnd.orders+json',
    };
    const { receiver, server } = await givenReceiver({ format: 'json', frame });
    const dated = { ...EVENTS[0]!, eventId: 'a"1', timestamp: '2026-11-01T00:00:00Z' };
    await receiver.deliver([dated, { ...EVENTS[1]!, timestamp: null }], never());
    expect(server.seen[0]?.body.toString()).to.equal(
      `{"batch":[{"id":"a\\"1","kind":${JSON.stringify(dated.eventType)},"at":"2026-11-01T00:00:00Z","json":${PAYLOADS[0]}},` +
        `{"id":"b","kind":${JSON.stringify(EVENTS[1]!.eventType)},"at":null,"json":${PAYLOADS[1]}}],"v":1}`,
    );
    expect(server.seen[0]?.headers['content-type']).to.equal('application/vnd.orders+json');
  });

  it('counts every byte of the frame, so that max_bytes holds', async () => {
    const frame = { body: '{"batch":{{events}}}', item: '{"id":{{id}},"json":{{event}}}' };
    const limits = { maxBytes: 300 };
    const { receiver, server } = await givenReceiver({ format: 'json', frame, limits });
    await receiver.deliver(EVENTS, never());
    const counted = EVENTS.map((event) =>
      receiver.wireSize({ ...event, size: event.bytes.length }),
    ).reduce((sum, size) => sum + size, 0);
    expect(counted + limits.maxBytes - receiver.limits.maxBytes).to.equal(
      server.seen[0]?.body.length,
    );
  });

  it('what is not JSON cannot be sent, and the reason says so', async () => {
    const { receiver } = await givenReceiver({ format: 'json' });
    expect(receiver.unsendable(anEvent('a', { bytes: Buffer.from('<a/>') }))).to.match(
      /not valid JSON/,
    );
  });

  it('is answered by status, or for each event', async () => {
    const results = [
      { event_id: 'a', status: 'success' },
      { event_id: 'b', status: 'rejected', error: 'no' },
    ];
    const plain = await givenReceiver({ format: 'json' });
    const { outcomes } = await plain.receiver.deliver(EVENTS, never());
    expect(outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
    const each = await givenReceiver({ format: 'json' }, () => ({
      status: 200,
      body: JSON.stringify({ results }),
    }));
    const report = await each.receiver.deliver(EVENTS, never());
    expect(report.outcomes.map((outcome) => outcome?.kind)).to.deep.equal(['success', 'rejected']);
  });
});

describe('format = "lines" with an item', () => {
  it('has the line of Elasticsearch before each event, which stays on one line', async () => {
    const item = '{"index":{"_id":{{id}}}}\n{{event}}\n';
    const { receiver, server } = await givenReceiver({ format: 'lines', frame: { item } });
    const broken = anEvent('c', { bytes: Buffer.from('{\n"event_id":"c"}') });
    await receiver.deliver([EVENTS[0]!, broken], never());
    expect(server.seen[0]?.body.toString()).to.equal(
      `{"index":{"_id":"a"}}\n${PAYLOADS[0]}\n{"index":{"_id":"c"}}\n{ "event_id":"c"}\n`,
    );
    const counted = [EVENTS[0]!, broken].map((event) =>
      receiver.wireSize({ ...event, size: event.bytes.length }),
    );
    expect(counted[0]! + counted[1]!).to.equal(server.seen[0]?.body.length);
  });
});

describe('a variable in the body of requests', () => {
  const body = `{"api_key":"\${API_KEY}","events":{{events}}}`;
  const given = (env: NodeJS.ProcessEnv, url = 'https://api.example/in') =>
    givenSettings(externalIdentity(url).rawEndpoint, { format: 'json', body }, env);
  const gateAt = (env: NodeJS.ProcessEnv, url?: string) =>
    new ExternalReceiver({
      ...given(env, url),
      format: 'json',
      version: '1.2.3',
      transport: { env },
    }).closedGate();

  it('is filled in as a JSON text is written, and is no placeholder', () => {
    const { frame } = given({ API_KEY: 'a"b\\{{events}}' });
    const [head = ''] = frame?.body?.split('{{events}}') ?? [];
    expect(JSON.parse(`${head}0}`)).to.deep.equal({ api_key: 'a"b\\{{events}}', events: 0 });
  });

  it('closes the gate while it is not set, or would travel in the clear', async () => {
    expect(await gateAt({})).to.deep.include({ reason: 'missing_auth' });
    expect((await gateAt({}))?.message).to.match(/API_KEY is not set.+body/);
    const exposed = await gateAt({ API_KEY: 'k-1234' }, 'http://api.example/in');
    expect(exposed?.message)
      .to.match(/body would travel unencrypted/)
      .and.not.include('k-1234');
    expect(await gateAt({ API_KEY: 'k-1234' })).to.equal(undefined);
    expect(await gateAt({ API_KEY: 'k-1234' }, 'http://127.0.0.1/in')).to.equal(undefined);
  });

  it('is hidden where the receiver sends it back', async () => {
    const { receiver } = await givenReceiver(
      {
        format: 'json',
        frame: { body: '{"k":"k-1234","e":{{events}}}' },
        frameValues: [new Secret('k-1234')],
      },
      () => ({ status: 400, body: '{"error":"k-1234 is wrong"}' }),
    );
    const report = await receiver.deliver([EVENTS[0]!], never());
    expect(JSON.stringify(report)).to.include('is wrong').and.not.include('k-1234');
  });
});
