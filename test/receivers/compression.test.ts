import { expect } from 'chai';
import type { BatchExchange, BatchPost } from '../../src/receivers/batch-receiver.js';
import { BatchReceiver } from '../../src/receivers/batch-receiver.js';
import { Compression, type CompressionGiven } from '../../src/receivers/compression.js';
import { anEvent, eventsFor, never } from './events.js';
import { givenReceiver } from './formats/given-receiver.js';

type Answering = (post: BatchPost, isGzip: boolean) => number;

/** A receiver whose exchange answers with a status, and notes what it was given. */
function given(answer: Answering, compression: Partial<CompressionGiven> = {}) {
  const posts: boolean[] = [];
  const learned: boolean[] = [];
  const exchange: BatchExchange = {
    gate: async () => undefined,
    greet: async () => ({}),
    async send(post) {
      const isGzip = post.headers['Content-Encoding'] === 'gzip';
      posts.push(isGzip);
      return { answer: { status: answer(post, isGzip), headers: {}, body: Buffer.alloc(0) } };
    },
    redact: (text) => text,
    close: () => undefined,
  };
  const receiver = new BatchReceiver({
    endpoint: 'http://far.example',
    exchange,
    ack: 'auto',
    compression: new Compression({
      pays: true,
      learned: async (readsGzip) => void learned.push(readsGzip),
      ...compression,
    }),
  });
  const deliver = (mayLeave = true) =>
    receiver.deliver(eventsFor(['a', 'b']), never(), async () => mayLeave);
  return { posts, learned, deliver };
}

describe('compression', () => {
  for (const status of [400, 415, 500])
    it(`auto: ${status} to what is compressed is sent once more without, and remembered`, async () => {
      const { posts, learned, deliver } = given((_, isGzip) => (isGzip ? status : 200));
      const report = await deliver();
      expect(report.outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
      expect(report).to.not.have.property('error');
      await deliver();
      expect(posts).to.deep.equal([true, false, false]);
      expect(learned).to.deep.equal([false]);
    });

  it('auto: one that reads it is remembered, and its refusals are about events', async () => {
    let status = 200;
    const { posts, learned, deliver } = given(() => status);
    await deliver();
    status = 400;
    await deliver();
    expect(posts).to.deep.equal([true, true]);
    expect(learned).to.deep.equal([true]);
  });

  it('auto: what is refused without it as well was not refused for it', async () => {
    const { posts, learned, deliver } = given(() => 400);
    const report = await deliver();
    expect(report.httpStatus).to.equal(400);
    await deliver();
    expect(posts).to.deep.equal([true, false, true]);
    expect(learned).to.deep.equal([]);
  });

  it('auto: only what may still leave is sent once more', async () => {
    const { posts, deliver } = given((_, isGzip) => (isGzip ? 415 : 200));
    expect(await deliver(false)).to.have.property('httpStatus', 415);
    expect(posts).to.deep.equal([true]);
  });

  it('auto: other answers are no sign', async () => {
    for (const status of [401, 404, 413, 429, 503]) {
      const { posts, deliver } = given(() => status);
      await deliver();
      expect(posts, String(status)).to.deep.equal([true]);
    }
  });

  it('auto: one that is too large without it was read', async () => {
    const { learned, deliver } = given((_, isGzip) => (isGzip ? 400 : 413));
    await deliver();
    expect(learned).to.deep.equal([false]);
  });

  it('auto: what is known already holds', async () => {
    for (const readsGzip of [true, false]) {
      const { posts, deliver } = given(() => 400, { readsGzip });
      await deliver();
      expect(posts).to.deep.equal([readsGzip]);
    }
  });

  it('gzip: is what the operator says, and the message names it', async () => {
    const { posts, deliver } = given(() => 415, { setting: 'gzip', pays: false });
    expect((await deliver()).error).to.include('compression = "none"');
    expect(posts).to.deep.equal([true]);
  });

  it('none: nothing is compressed', async () => {
    const { posts, deliver } = given(() => 200, { setting: 'none' });
    await deliver();
    expect(posts).to.deep.equal([false]);
  });

  it('auto compresses neither to this machine nor single events', async () => {
    const { receiver, server } = await givenReceiver({ compression: 'auto' });
    await receiver.deliver([anEvent('a')], never());
    expect(server.seen[0]?.headers).to.not.have.property('content-encoding');
    const { receiver: asked, server: other } = await givenReceiver({
      compression: 'gzip',
      format: 'webhook',
    });
    await asked.deliver([anEvent('a')], never());
    expect(other.seen[0]?.headers).to.have.property('content-encoding', 'gzip');
  });
});
