import { expect } from 'chai';
import { JobStateError, UnknownJobError } from '../../../src/queue/errors.js';
import type { JobQueue } from '../../../src/queue/ports.js';
import { gate, until } from '../waiting.js';
import { expectRejection, type GivenQueues, HOUR, type QueueTestClock } from './given-queues.js';

/** What anybody may ask, pause or remove. */
export function describeTidying(given: GivenQueues): void {
  const { finished, job, process } = given;
  let clock: QueueTestClock;
  let queue: JobQueue;
  /** The same queue as another process has it. */
  let other: JobQueue;

  beforeEach(() => {
    ({ clock, queue, other } = given);
  });

  describe('looking and tidying', () => {
    it('counts, lists by state and page, and says since when jobs wait', async () => {
      const since = clock.at;
      for (const id of ['a', 'b', 'c']) await queue.add('x', null, { jobId: id });
      await queue.add('x', null, { jobId: 'later', delay: 1 });
      clock.at += 500;
      expect(await other.getJobCounts()).to.deep.equal({
        waiting: 3,
        active: 0,
        delayed: 1,
        completed: 0,
        failed: 0,
      });
      const page = await other.getJobs(['waiting', 'delayed'], 1, 2);
      expect(page.map(({ id }) => id)).to.deep.equal(['b', 'c']);
      expect(await other.waitingSince()).to.equal(since);
    });

    it('starts nothing while paused, in any process', async () => {
      const worker = process(queue, async () => null);
      await other.pause();
      expect(await queue.isPaused()).to.equal(true);
      await queue.add('x', null, { jobId: 'j' });
      await worker.whenIdle();
      expect((await job('j')).state).to.equal('waiting');
      await other.resume();
      await finished(queue, 1);
    });

    it('removes a job unless it runs', async () => {
      const held = gate();
      process(queue, () => held.wait());
      await queue.add('x', null, { jobId: 'runs' });
      await queue.add('x', null, { jobId: 'waits' });
      await until(async () => (await job('runs')).state === 'active');
      await other.remove('waits');
      await expectRejection(other.remove('runs'), JobStateError);
      await expectRejection(other.remove('waits'), UnknownJobError);
      await expectRejection(other.retryJob('runs'), JobStateError);
      held.open();
      await finished(queue, 1);
    });

    it('obliterates a queue, by force also while jobs run', async () => {
      const held = gate();
      process(queue, () => held.wait());
      await queue.add('x', null, { jobId: 'runs' });
      await queue.upsertJobScheduler('s', { every: HOUR }, { name: 'tick' });
      await until(async () => (await job('runs')).state === 'active');
      await expectRejection(other.obliterate(), JobStateError);
      await other.obliterate({ force: true });
      held.open();
      expect(await queue.getJobs(['waiting', 'active', 'completed'])).to.deep.equal([]);
      expect(await queue.getJobSchedulers()).to.deep.equal([]);
      expect(await queue.isPaused()).to.equal(false);
    });
  });
}
