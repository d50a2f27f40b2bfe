import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { type EventServer, eventServer, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';

const sizes = ({ posts }: EventServer): number[] => posts.map((ids) => ids.length);

describe('incident 8: after one oversized event, one event per request forever', () => {
  it('the search for the culprit ends with it, and full batches follow in the same pass', async () => {
    const server = await eventServer();
    server.answer = (ids) =>
      ids.includes('e42') ? { status: 413 } : verdicts(ids, () => 'success');
    const redrain = new Machine().sendTo(server.url, 'max_events = 100\n').open();
    await redrain.captureMany(envelopes(1_000));

    expect(await redrain.drain()).to.include({ delivered: 999, terminal_failed: 1 });
    expect(sizes(server).slice(-9)).to.deep.equal(new Array(9).fill(100));
    // A batch of 100 is halved until one event stands alone; nine more need no second post.
    expect(server.posts.length).to.be.at.most(2 * Math.ceil(Math.log2(100)) + 1 + 9);
  });

  it('batches that got no answer are halved, and grow again with the first answer', async () => {
    const server = await eventServer();
    let dropped = 0;
    server.answer = (ids) =>
      dropped++ < 2 ? (socket) => socket.destroy() : verdicts(ids, () => 'success');
    const redrain = new Machine().sendTo(server.url, 'max_events = 100\n').open();
    await redrain.captureMany(envelopes(1_000));

    const first = await redrain.drain();
    const [, , halved, ...rest] = sizes(server);
    expect(halved).to.equal(50);
    expect(rest.slice(0, 7)).to.deep.equal(new Array(7).fill(100));
    const second = await redrain.drain();
    expect(first.delivered + second.delivered).to.equal(1_000);
  });
});
