import { expect } from 'chai';
import { CloudEvent, HTTP } from 'cloudevents';
import type { OutboundEvent } from '../../../src/dispatch/ports.js';
import { anEvent, never } from '../events.js';
import { givenReceiver } from './given-receiver.js';

type Mode = 'structured' | 'binary' | 'batch';
const SOURCE = '/redrain/0123456789ab';

/** What arrives of these events, and what the library of CloudEvents makes of it. */
async function sent(mode: Mode, events: readonly OutboundEvent[]) {
  const { receiver, server } = await givenReceiver({ format: 'cloudevents', mode, source: SOURCE });
  const report = await receiver.deliver(events, never());
  expect(report.outcomes).to.deep.equal(events.map(() => ({ kind: 'success' })));
  const { headers, body } = server.seen[0]!;
  const message = { headers: headers as Record<string, string>, body: body.toString() };
  const parsed = HTTP.toEvent<unknown>(message) as CloudEvent<unknown> | CloudEvent<unknown>[];
  return { headers, body: body.toString(), parsed: [parsed].flat() };
}

const order = (id: string, given: Partial<OutboundEvent> = {}) =>
  anEvent(id, {
    eventType: 'OrderPlaced',
    timestamp: '2026-11-26T12:00:00Z',
    bytes: Buffer.from(`{ "event_id":"${id}", "total": 1.00 }`),
    ...given,
  });

/** A CloudEvent as it was captured, with blanks of its own. */
const GIVEN =
  '{ "specversion":"1.0","id":"c-1", "type":"com.example.placed","source":"/shop?a=b", "data": {"total": 1.00}, "subject":"größe \\"x\\" 5%", "retries":2 }';
const given = anEvent('c-1', { bytes: Buffer.from(GIVEN) });

describe('format = "cloudevents"', () => {
  for (const mode of ['structured', 'batch'] as const)
    it(`${mode}: an event is given its attributes, and its payload is the data as it is`, async () => {
      const { headers, body, parsed } = await sent(mode, [order('o-1')]);
      expect(headers['content-type']).to.equal(
        `application/cloudevents${mode === 'batch' ? '-batch' : ''}+json`,
      );
      expect(body).to.include('"data":{ "event_id":"o-1", "total": 1.00 }');
      expect(parsed[0]).to.include({
        id: 'o-1',
        type: 'OrderPlaced',
        source: SOURCE,
        specversion: '1.0',
        datacontenttype: 'application/json',
      });
      expect(parsed[0]?.time).to.match(/^2026-11-26T12:00:00/);
      expect(parsed[0]?.data).to.deep.equal({ event_id: 'o-1', total: 1 });
    });

  it('binary: attributes are headers, the payload is the body', async () => {
    const { headers, body, parsed } = await sent('binary', [order('o-1')]);
    expect(body).to.equal('{ "event_id":"o-1", "total": 1.00 }');
    expect(headers).to.include({
      'content-type': 'application/json',
      'ce-id': 'o-1',
      'ce-type': 'OrderPlaced',
      'ce-source': SOURCE,
      'ce-specversion': '1.0',
      'ce-time': '2026-11-26T12:00:00Z',
    });
    expect(parsed[0]?.data).to.deep.equal({ event_id: 'o-1', total: 1 });
  });

  it('structured and batch: an event that is a CloudEvent goes as it is', async () => {
    expect((await sent('structured', [given])).body).to.equal(GIVEN);
    expect((await sent('batch', [given, given])).body).to.equal(`[${GIVEN},${GIVEN}]`);
  });

  it('binary: an event that is a CloudEvent has its members in headers, and its data as they are', async () => {
    const { headers, body, parsed } = await sent('binary', [given]);
    expect(body).to.equal('{"total": 1.00}');
    expect(headers).to.include({
      'content-type': 'application/json',
      'ce-id': 'c-1',
      'ce-source': '/shop?a=b',
      'ce-subject': 'gr%C3%B6%C3%9Fe%20%22x%22%205%25',
      'ce-retries': '2',
    });
    expect(headers).to.not.have.any.keys('ce-data', 'ce-datacontenttype');
    expect(parsed[0]).to.include({ id: 'c-1', type: 'com.example.placed' });
  });

  const DATA: [members: string, type: string, body: string][] = [
    ['"data":"text","datacontenttype":"text/plain"', 'text/plain', 'text'],
    ['"data":"text"', 'application/json', '"text"'],
    ['"data_base64":"AAH/"', 'application/json', '\0\x01\xff'],
    ['"data":1e3,"datacontenttype":"application/x+json; v=1"', 'application/x+json; v=1', '1e3'],
    ['"subject":null', 'application/json', ''],
    ['"data":"x","datacontenttype":"text/pl\\nain"', 'application/octet-stream', 'x'],
  ];
  for (const [members, type, body] of DATA)
    it(`binary: ${members}`, async () => {
      const bytes = Buffer.from(
        `{"specversion":"1.0","id":"i","type":"t","source":"s",${members}}`,
      );
      const { receiver, server } = await givenReceiver({ format: 'cloudevents', mode: 'binary' });
      await receiver.deliver([anEvent('i', { bytes })], never());
      const seen = server.seen[0]!;
      expect(seen.headers['content-type']).to.equal(type);
      expect(seen.body.toString('latin1')).to.equal(body);
      expect(seen.headers).to.not.have.property('ce-subject');
    });

  it('what only looks like a CloudEvent is the data of one', async () => {
    for (const payload of [
      '{"specversion":"0.3","id":"i","type":"t","source":"s"}',
      '{"specversion":"1.0","id":"i","type":"t"}',
      '{"specversion":1,"id":"i","type":"t","source":"s"}',
      '{"nested":{"specversion":"1.0","id":"i","type":"t","source":"s"}}',
    ]) {
      const { parsed } = await sent('structured', [order('o', { bytes: Buffer.from(payload) })]);
      expect(parsed[0]).to.include({ id: 'o', type: 'OrderPlaced' });
      expect(parsed[0]?.data).to.deep.equal(JSON.parse(payload));
    }
  });

  it('the payload’s own source is taken where it can be one, and a time only as RFC 3339', async () => {
    const from = async (source: string, timestamp: string | null) => {
      const bytes = Buffer.from(JSON.stringify({ source }));
      const { parsed } = await sent('structured', [order('o', { bytes, timestamp })]);
      return [
        parsed[0]?.source,
        JSON.parse((await sent('structured', [order('o', { bytes, timestamp })])).body).time,
      ];
    };
    expect(await from('/shop/7', '2026-11-26T12:00:00.5+01:00')).to.deep.equal([
      '/shop/7',
      '2026-11-26T12:00:00.5+01:00',
    ]);
    expect(await from('the shop', 'yesterday')).to.deep.equal([SOURCE, undefined]);
    expect(await from('s'.repeat(513), null)).to.deep.equal([SOURCE, undefined]);
  });

  it('odd ids and types arrive as they are', async () => {
    for (const mode of ['structured', 'binary'] as const) {
      const { headers, parsed } = await sent(mode, [
        order('ö "%" 1', { eventType: 'größe\n', bytes: Buffer.from('{}') }),
      ]);
      if (mode === 'structured') expect(parsed[0]).to.include({ id: 'ö "%" 1', type: 'größe\n' });
      else expect(decodeURIComponent(String(headers['ce-id']))).to.equal('ö "%" 1');
    }
  });

  it('what is not JSON cannot be sent', async () => {
    const { receiver } = await givenReceiver({ format: 'cloudevents' });
    expect(receiver.unsendable(anEvent('o', { bytes: Buffer.from('{"n":NaN}') }))).to.match(/NaN/);
  });

  it('the size of an event is never more than what is counted for it', async () => {
    const { receiver, server } = await givenReceiver({ format: 'cloudevents', mode: 'batch' });
    const events = [
      order('o-1'),
      order('ö"\\'.repeat(99), { bytes: Buffer.from(`{"source":"${'s'.repeat(512)}"}`) }),
      given,
    ];
    await receiver.deliver(events, never());
    const counted = events.reduce(
      (sum, event) => sum + receiver.wireSize({ ...event, size: event.bytes.length }),
      0,
    );
    expect(server.seen[0]?.body.length).to.be.at.most(counted + 1);
  });

  it('batch is answered for each event where there are results', async () => {
    const { receiver } = await givenReceiver({ format: 'cloudevents', mode: 'batch' }, () => ({
      status: 200,
      body: JSON.stringify({
        results: [
          { event_id: 'a', status: 'success' },
          { event_id: 'b', status: 'rejected', error: 'no' },
        ],
      }),
    }));
    expect(receiver.requestsAtOnce).to.equal(undefined);
    const { outcomes } = await receiver.deliver([order('a'), order('b')], never());
    expect(outcomes.map((outcome) => outcome?.kind)).to.deep.equal(['success', 'rejected']);
  });
});
