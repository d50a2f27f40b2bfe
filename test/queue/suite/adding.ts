import { expect } from 'chai';
import { JobStateError } from '../../../src/queue/errors.js';
import type { JobQueue } from '../../../src/queue/ports.js';
import { gate, until } from '../waiting.js';
import { expectRejection, type GivenQueues, type QueueTestClock } from './given-queues.js';

/** What `add` promises. */
export function describeAdding(given: GivenQueues): void {
  const { finished, job, process, runAll } = given;
  let clock: QueueTestClock;
  let queue: JobQueue;
  /** The same queue as another process has it. */
  let other: JobQueue;

  beforeEach(() => {
    ({ clock, queue, other } = given);
  });

  describe('add', () => {
    it('keeps data and options, and numbers the jobs', async () => {
      const first = await queue.add('greet', { to: 'Zoë' }, { attempts: 3 });
      const second = await other.add('greet', [1, null]);
      expect(Number(second.id)).to.be.above(Number(first.id));
      expect(await other.getJob(first.id)).to.deep.equal(first);
      expect(first).to.deep.include({
        queue: 'work',
        name: 'greet',
        data: { to: 'Zoë' },
        opts: { attempts: 3 },
        state: 'waiting',
        attemptsMade: 0,
        timestamp: clock.at,
        finishedOn: null,
      });
    });

    it('answers the job that has the id already, also when it has finished', async () => {
      await queue.add('a', 1, { jobId: 'one' });
      expect((await other.add('b', 2, { jobId: 'one' })).data).to.equal(1);
      await runAll();
      expect((await queue.add('c', 3, { jobId: 'one' })).state).to.equal('completed');
      expect((await queue.getJobCounts()).waiting).to.equal(0);
    });

    it('refuses an id that the queue itself could give', async () => {
      await expectRejection(queue.add('a', 1, { jobId: '17' }), JobStateError);
    });

    it('runs by priority, then in the order of adding', async () => {
      for (const [id, priority] of [
        ['c', 9],
        ['a', 1],
        ['d', 9],
        ['b', 1],
      ] as const)
        await queue.add('x', null, { jobId: id, priority });
      await queue.add('x', null, { jobId: 'first' });
      expect(await runAll()).to.deep.equal(['first', 'a', 'b', 'c', 'd']);
    });

    it('holds a delayed job back until its time', async () => {
      await queue.add('x', null, { jobId: 'later', delay: 5_000 });
      expect((await job('later')).runAt).to.equal(clock.at + 5_000);
      expect(await runAll()).to.deep.equal([]);
      clock.at += 4_999;
      expect(await runAll()).to.deep.equal([]);
      clock.at += 1;
      expect(await runAll()).to.deep.equal(['later']);
    });

    it('wakes a waiting worker, whoever adds', async () => {
      const ran: string[] = [];
      process(queue, async (one) => ran.push(one.id));
      await other.add('x', null, { jobId: 'from-there' });
      await finished(queue, 1);
      await queue.add('x', null, { jobId: 'from-here' });
      await finished(other, 2);
      expect(ran).to.deep.equal(['from-there', 'from-here']);
    });
  });

  describe('deduplication', () => {
    const dedup = (more: object = {}) => ({ deduplication: { id: 'd', ...more } });

    it('answers the unfinished job of the id, and lets go of it at its end', async () => {
      const first = await queue.add('x', 1, dedup());
      expect((await other.add('x', 2, dedup())).id).to.equal(first.id);
      await runAll();
      expect((await queue.add('x', 3, dedup())).id).to.not.equal(first.id);
    });

    it('lets go of the id of a job that is removed', async () => {
      const first = await queue.add('x', 1, dedup());
      await queue.remove(first.id);
      expect((await queue.add('x', 2, dedup())).data).to.equal(2);
    });

    it('holds on to an id with a time of its own', async () => {
      const first = await queue.add('x', 1, dedup({ ttl: 1_000 }));
      await runAll();
      expect((await queue.add('x', 2, dedup({ ttl: 1_000 }))).id).to.equal(first.id);
      clock.at += 1_000;
      expect((await queue.add('x', 3, dedup({ ttl: 1_000 }))).data).to.equal(3);
    });

    it('lets one more wait behind a running job when asked to', async () => {
      const held = gate();
      process(queue, () => held.wait());
      const options = dedup({ keepLastIfActive: true });
      const first = await queue.add('x', 1, options);
      await until(async () => (await job(first.id)).state === 'active');
      const second = await other.add('x', 2, options);
      expect(second.id).to.not.equal(first.id);
      expect((await other.add('x', 3, options)).id).to.equal(second.id);
      held.open();
      await finished(queue, 2);
    });
  });
}
