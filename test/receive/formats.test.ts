import { expect } from 'chai';
import { CloudEvent, HTTP } from 'cloudevents';
import { EventRejectedError } from '../../src/receive/index.js';
import { batchOf, givenReceiver } from './given-receiver.js';

const ORDER =
  '{"event_id":"o-1","event_type":"OrderPlaced","timestamp":"2026-11-01T00:00:00Z","n":1}';
const PAID = '{"event_id":"o-2","event_type":"OrderPaid"}';

describe('the receiver kit takes', () => {
  it('a batch: a result for each event, and the exact bytes', async () => {
    const { post, events } = givenReceiver();
    const { status, body } = await post(`{ "events" : [ ${ORDER} ,\n${PAID}]}`);
    expect(status).to.equal(200);
    expect(body.results).to.deep.equal([
      { event_id: 'o-1', status: 'success' },
      { event_id: 'o-2', status: 'success' },
    ]);
    expect(events.map(({ bytes }) => bytes.toString())).to.deep.equal([ORDER, PAID]);
    expect(events[0]).to.include({
      id: 'o-1',
      type: 'OrderPlaced',
      time: '2026-11-01T00:00:00Z',
      format: 'batch',
      generation: 1,
    });
    expect(events[0]?.data).to.deep.equal(JSON.parse(ORDER));
  });

  it('a list of events, the body of the format json', async () => {
    const { post, events } = givenReceiver();
    const { status, body } = await post(` [ ${ORDER} ,\n${PAID}] `);
    expect(status).to.equal(200);
    expect(body.results?.map(({ event_id }) => event_id)).to.deep.equal(['o-1', 'o-2']);
    expect(events.map(({ bytes }) => bytes.toString())).to.deep.equal([ORDER, PAID]);
    expect(events[0]).to.include({ format: 'json', generation: 1 });
  });

  it('lines, with or without a last newline, blank lines and carriage returns', async () => {
    const { post, events } = givenReceiver();
    const { body } = await post(`${ORDER}\r\n\n${PAID}`, {
      'content-type': 'application/x-ndjson',
    });
    expect(body.results?.map(({ status }) => status)).to.deep.equal(['success', 'success']);
    expect(events.map(({ bytes }) => bytes.toString())).to.deep.equal([ORDER, PAID]);
  });

  it('a webhook: its id is that of the request, its payload need not be JSON', async () => {
    const { post, events } = givenReceiver();
    const json = { 'content-type': 'application/json', 'webhook-id': 'msg-1' };
    expect((await post(PAID, json)).body.results).to.deep.equal([
      { event_id: 'msg-1', status: 'success' },
    ]);
    await post('<paid/>', { 'content-type': 'application/xml', 'webhook-id': 'msg-2' });
    expect(events[0]).to.include({ id: 'msg-1', type: 'OrderPaid', format: 'webhook' });
    expect(events[1]?.data).to.deep.equal(Buffer.from('<paid/>'));
  });

  it('CloudEvents as the library `cloudevents` emits them, in both modes', async () => {
    const { post, events } = givenReceiver();
    const event = (id: string) =>
      new CloudEvent({ id, source: '/shop', type: 'paid', data: { n: 1 }, tenant: 'a' });
    for (const [id, message] of [
      ['c-1', HTTP.structured(event('c-1'))],
      ['c-2', HTTP.binary(event('c-2'))],
    ] as const) {
      const answer = await post(message.body as string, message.headers as Record<string, string>);
      expect(answer).to.deep.equal({
        status: 200,
        body: { results: [{ event_id: id, status: 'success' }] },
      });
    }
    for (const one of events) {
      expect(one).to.include({ source: '/shop', type: 'paid', format: 'cloudevents' });
      expect(one.data).to.deep.equal({ n: 1 });
      expect(one.attributes).to.include({ specversion: '1.0', tenant: 'a' });
    }
  });

  it('CloudEvents in a batch, binary data included', async () => {
    const { post, events } = givenReceiver();
    const common = { specversion: '1.0', source: '/shop', type: 'paid' };
    const list = [
      { ...common, id: '1', data: [1] },
      { ...common, id: '2', data_base64: 'AAE=' },
      { id: '3', specversion: '1.0' },
    ];
    const { body } = await post(JSON.stringify(list), {
      'content-type': 'application/cloudevents-batch+json; charset=utf-8',
    });
    expect(body.results?.map(({ status }) => status)).to.deep.equal([
      'success',
      'success',
      'rejected',
    ]);
    expect(events.map(({ data }) => data)).to.deep.equal([[1], Buffer.from([0, 1])]);
  });

  it('ids that are percent-encoded because a header could not hold them', async () => {
    const { post, events } = givenReceiver();
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': '%C3%A9 1',
      'ce-source': '/s',
      'ce-type': '50%',
    };
    await post('', headers);
    await post('{}', { 'webhook-id': 'w%C3%A9' });
    await post('{}', { 'webhook-id': '100%' });
    expect(events.slice(1).map(({ id }) => id)).to.deep.equal(['wé', '100%']);
    expect(events[0]).to.include({ id: 'é 1', type: '50%', data: undefined });
  });

  it('ids of common shapes: `id`, and numbers by their digits', async () => {
    const { post, events } = givenReceiver();
    await post('{"events":[{"id":"a","type":"T"},{"event_id":12345678901234567890}]}');
    expect(events.map(({ id }) => id)).to.deep.equal(['a', '12345678901234567890']);
  });

  it('which replay an event belongs to', async () => {
    const { post, events } = givenReceiver();
    await post(batchOf({ event_id: 'g' }), {
      'content-type': 'application/json',
      'redrain-generation': '3',
    });
    expect(events[0]?.generation).to.equal(3);
  });
});

describe('the receiver kit answers', () => {
  it('duplicate for what it has, also within one request and in another format', async () => {
    const { post, events } = givenReceiver();
    const first = await post(batchOf({ event_id: 'a' }, { event_id: 'b' }, { event_id: 'a' }));
    expect(first.body.results?.map(({ status }) => status)).to.deep.equal([
      'success',
      'success',
      'duplicate',
    ]);
    const again = await post('{"other":1}', { 'webhook-id': 'b' });
    expect(again.body.results).to.deep.equal([{ event_id: 'b', status: 'duplicate' }]);
    expect(events).to.have.length(2);
  });

  it('success for CloudEvents of one id from two sources', async () => {
    const { post, events } = givenReceiver();
    for (const source of ['/a', '/b', '/a'])
      await post('', {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': source,
        'ce-type': 't',
      });
    expect(events.map(({ source }) => source)).to.deep.equal(['/a', '/b']);
  });

  it('rejected with the reason of the effect, and takes the event when it is sent again', async () => {
    let isClosed = true;
    const { post, events } = givenReceiver({
      onEvent: ({ type }) => {
        if (isClosed && type === 'OrderPaid') throw new EventRejectedError('no such order');
      },
    });
    const { body } = await post(`{"events":[${ORDER},${PAID}]}`);
    expect(body.results?.[1]).to.deep.equal({
      event_id: 'o-2',
      status: 'rejected',
      error: 'no such order',
    });
    const single = await post(PAID, { 'webhook-id': 'o-2' });
    expect(single.status).to.equal(400);
    expect(single.body.error).to.equal('no such order');
    isClosed = false;
    expect((await post(PAID, { 'webhook-id': 'o-2' })).status).to.equal(200);
    expect(events.map(({ id }) => id)).to.deep.equal(['o-1', 'o-2']);
  });

  it('nothing for an event whose effect failed, 500 when all did, and no word of why', async () => {
    const { post, errors, events } = givenReceiver({
      onEvent: ({ id }) => {
        if (id.startsWith('bad')) throw new Error('password of the database');
      },
    });
    const mixed = await post(batchOf({ event_id: 'bad-1' }, { event_id: 'good' }));
    expect(mixed.body.results).to.deep.equal([{ event_id: 'good', status: 'success' }]);
    const failed = await post(batchOf({ event_id: 'bad-1' }));
    const single = await post('{}', { 'webhook-id': 'bad-2' });
    for (const { status, body } of [failed, single]) {
      expect(status).to.equal(500);
      expect(JSON.stringify(body)).not.to.contain('password');
    }
    expect(errors).to.have.length(3);
    expect(events).to.have.length(1);
  });

  it('rejected for an event without an id, and 400 when no event has one', async () => {
    const { post } = givenReceiver();
    const mixed = await post(batchOf({ n: 1 }, { event_id: 'a' }));
    expect(mixed.body.results?.[0]).to.deep.equal({
      event_id: null,
      status: 'rejected',
      error: 'no event_id in this event',
    });
    const none = await post('{"n":1}\n', { 'content-type': 'application/x-ndjson' });
    expect(none).to.deep.equal({ status: 400, body: { error: 'no event_id in this event' } });
  });

  it('an empty batch with no results', async () => {
    expect(await givenReceiver().post(batchOf())).to.deep.equal({
      status: 200,
      body: { results: [] },
    });
  });

  it('a summary of each request to whoever asks, and is not hurt by them', async () => {
    const { post, summaries } = givenReceiver();
    await post(batchOf({ event_id: 'a' }, { event_id: 'a' }, {}));
    await post('no', { 'content-type': 'text/html' });
    expect(summaries[0]).to.include({
      method: 'POST',
      format: 'batch',
      status: 200,
      events: 3,
      success: 1,
      duplicate: 1,
      rejected: 1,
    });
    expect(summaries[1]).to.include({ status: 415, events: 0 });
    const throwing = givenReceiver({
      onRequest: () => {
        throw new Error('the log is full');
      },
    });
    expect((await throwing.post(batchOf({ event_id: 'a' }))).status).to.equal(200);
  });
});
