import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { answerOf, batchOf, givenReceiver, requestOf } from './given-receiver.js';

const KIB = 1024;
const MIB = KIB * KIB;

describe('a request that is', () => {
  it('compressed with gzip, deflate or br is decoded', async () => {
    const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
    const given = givenReceiver();
    for (const [coding, compress] of Object.entries(codings)) {
      const body = compress(Buffer.from(batchOf({ event_id: coding })));
      const { status } = await given.post(body, {
        'content-type': 'application/json',
        'content-encoding': coding,
      });
      expect([coding, status]).to.deep.equal([coding, 200]);
    }
    const raw = deflateRawSync(Buffer.from(batchOf({ event_id: 'raw' })));
    const { status } = await given.post(raw, { 'content-encoding': 'deflate' });
    expect(status).to.equal(200);
  });

  it('a bomb is refused for next to nothing', async () => {
    const { post, events } = givenReceiver();
    const bombs = {
      gzip: gzipSync(Buffer.alloc(200 * MIB, 0x20)),
      br: brotliCompressSync(Buffer.alloc(200 * MIB, 0x20), { params: { 1: 4 } }),
    };
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round += 1)
      for (const [coding, bomb] of Object.entries(bombs)) {
        const answer = await post(bomb, { 'content-encoding': coding });
        expect(answer.status).to.equal(413);
        expect(answer.body.error).to.contain('too large');
      }
    expect(process.memoryUsage().rss - before).to.be.lessThan(100 * MIB);
    expect(events).to.have.length(0);
  }).timeout(60_000);

  it('one of 200 bombs at once leaves the others their memory', async () => {
    const { post } = givenReceiver();
    const bomb = gzipSync(Buffer.alloc(100 * MIB, 0x20));
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 5);
    const bombs = Array.from({ length: 200 }, () => post(bomb, { 'content-encoding': 'gzip' }));
    const statuses = (await Promise.all(bombs)).map(({ status }) => status);
    clearInterval(watch);
    expect(new Set(statuses)).to.deep.equal(new Set([413]));
    expect(most).to.be.lessThan(200 * MIB);
    expect((await post(batchOf({ event_id: 'a' }))).status).to.equal(200);
  }).timeout(60_000);

  it('one of too many at once is answered 503, and taken a little later', async () => {
    const { handler, post } = givenReceiver({ limits: { maxBytes: MIB, maxBytesAtOnce: 4 * MIB } });
    const ends: (() => unknown)[] = [];
    const slow = () => {
      let isRefused = false;
      return new ReadableStream({
        start: (controller) => {
          controller.enqueue(Buffer.alloc(900 * KIB, 0x20));
          ends.push(() => isRefused || controller.close());
        },
        cancel: () => {
          isRefused = true;
        },
      });
    };
    const under = Array.from({ length: 8 }, () => handler(requestOf(slow())));
    const refused = await Promise.any(under);
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '1']);
    const large = batchOf({ event_id: 'a', text: 'x'.repeat(500 * KIB) });
    expect((await post(large)).status).to.equal(503);
    for (const end of ends) end();
    const statuses = (await Promise.all(under)).map(({ status }) => status);
    expect(new Set(statuses)).to.deep.equal(new Set([400, 503]));
    expect((await post(large)).status).to.equal(200);
  });

  it('over 8 MiB is refused: as announced, and as it arrives', async () => {
    const { handler, post } = givenReceiver();
    const announced = await post('{}', { 'content-length': String(8 * MIB + 1) });
    expect(announced.status).to.equal(413);
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(64 * KIB));
      },
    });
    expect((await answerOf(await handler(requestOf(endless)))).status).to.equal(413);
    expect(sent).to.be.lessThan(140);
    const event = { event_id: 'large', text: 'x'.repeat(7 * MIB) };
    expect((await post(batchOf(event))).status).to.equal(200);
  });

  it('slow is given up, and the client is told', async () => {
    const { handler } = givenReceiver({ limits: { bodyTimeoutMs: 50 } });
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('{')),
    });
    const response = await handler(requestOf(body));
    expect(response.headers.get('connection')).to.equal('close');
    expect(await answerOf(response)).to.deep.equal({
      status: 408,
      body: { error: 'the body did not arrive within 50 ms' },
    });
  });

  it('cut short is a 400', async () => {
    const { handler } = givenReceiver();
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
    expect((await handler(requestOf(body))).status).to.equal(400);
  });

  it('sent byte by byte costs no more than its bytes', async () => {
    const { handler } = givenReceiver();
    const bytes = Buffer.from(batchOf({ event_id: 'a', text: 'x'.repeat(50 * KIB) }));
    let at = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        if (at === bytes.length) controller.close();
        else controller.enqueue(new Uint8Array(bytes.subarray(at, ++at)));
      },
    });
    expect((await handler(requestOf(body))).status).to.equal(200);
  });

  for (const [name, body, reason] of [
    ['empty', '', 'the body is empty'],
    ['no JSON', '{"events":[', 'the body is not JSON'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'the body is not UTF-8'],
    ['other JSON', '"x"', 'the body is neither {"events":[…]} nor a list'],
    ['without a list', '{"events":{}}', 'the body is neither {"events":[…]} nor a list'],
    ['deep', `{"events":[${'['.repeat(100_000)}`, 'the body is nested deeper than 512'],
  ] as const)
    it(`${name} is a 400 that says so`, async () => {
      expect(await givenReceiver().post(body)).to.deep.equal({
        status: 400,
        body: { error: reason },
      });
    });

  it('a bad line is a 400 that names it', async () => {
    const { post, events } = givenReceiver();
    const { status, body } = await post('{"id":"a"}\n\n{"id":', {
      'content-type': 'application/x-ndjson',
    });
    expect([status, body.error]).to.deep.equal([400, 'line 3 is not JSON']);
    expect(events).to.have.length(0);
  });

  it('brackets in strings are no nesting, and lists and objects are counted', async () => {
    const { post } = givenReceiver();
    expect((await post(batchOf({ event_id: 'a', text: '[{'.repeat(10_000) }))).status).to.equal(
      200,
    );
    expect((await post(`{"events":[],"x":[${'[],'.repeat(1_000_001)}1]}`)).status).to.equal(413);
    const lines = '[]\n'.repeat(10_001);
    expect((await post(lines, { 'content-type': 'application/x-ndjson' })).status).to.equal(413);
  });

  it('of too many events is divided by its sender', async () => {
    const { post } = givenReceiver({ limits: { maxEvents: 2 } });
    const { status, body } = await post(batchOf(1, 2, 3));
    expect(status).to.equal(413);
    expect(body.error).to.equal('too large: 3 events, at most 2 are taken');
  });

  it('in no known format, coding or method is refused with what would be taken', async () => {
    const { handler, post } = givenReceiver();
    expect(
      (await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).to.equal(415);
    expect((await post('x', { 'content-type': 'application/cloudevents+avro' })).status).to.equal(
      415,
    );
    expect((await post('{}', { 'content-encoding': 'zstd' })).status).to.equal(415);
    expect((await post(Buffer.from('no gzip'), { 'content-encoding': 'gzip' })).status).to.equal(
      400,
    );
    const response = await handler(new Request('http://x.example/'));
    expect([response.status, response.headers.get('allow')]).to.deep.equal([405, 'POST']);
  });
});

describe('limits of a receiver', () => {
  it('are whole numbers above zero', () => {
    for (const maxBytes of [0, -1, 1.5, Number.NaN])
      expect(() => givenReceiver({ limits: { maxBytes } })).to.throw(TypeError, 'limits.maxBytes');
  });
});
