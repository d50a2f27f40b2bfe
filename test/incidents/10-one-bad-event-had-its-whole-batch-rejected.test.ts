import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { eventServer, said, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';

describe('incident 10: one bad event had its whole batch rejected, every time', () => {
  it('a refused batch is no verdict on its events: the culprit is found, and remembered', async () => {
    const server = await eventServer();
    server.answer = (ids) =>
      ids.includes('e37')
        ? said(400, { error: 'schema violation' })
        : verdicts(ids, () => 'success');
    const machine = new Machine().sendTo(server.url);
    const redrain = machine.open();
    await redrain.captureMany(envelopes(100));

    expect(await redrain.drain()).to.include({ delivered: 99, rejected: 1 });
    const { e37, ...others } = machine.statuses();
    expect(e37).to.equal('rejected');
    expect(new Set(Object.values(others))).to.deep.equal(new Set(['success']));
    expect(machine.rows('SELECT rejection_count AS n FROM delivery WHERE n > 0')).to.deep.equal([
      { n: 1 },
    ]);

    const before = server.posts.length;
    await redrain.captureMany(envelopes(50, 'later'));
    expect(await redrain.drain()).to.include({ delivered: 50, rejected: 1 });
    // No batch is spoiled again, and none is searched again.
    expect(server.posts.slice(before).map((ids) => ids.length)).to.deep.equal([50, 1]);
  });

  it('a refusal that names the culprit costs one more post, not a search', async () => {
    const server = await eventServer();
    server.answer = (ids) =>
      ids.includes('e37')
        ? said(400, { error: 'invalid', details: [{ event_id: 'e37', detail: 'no aggregate' }] })
        : verdicts(ids, () => 'success');
    const machine = new Machine().sendTo(server.url);
    const redrain = machine.open();
    await redrain.captureMany(envelopes(100));
    const { failures, ...report } = await redrain.drain();
    expect(report).to.include({ delivered: 99, rejected: 1, posts: 2 });
    expect(failures).to.deep.equal([
      { event_id: 'e37', outcome: 'rejected', reason: 'no aggregate' },
    ]);
  });
});
