import { expect } from 'chai';
import { DelayedError, RetryAtError, UnrecoverableError } from '../../../src/queue/errors.js';
import type { Job } from '../../../src/queue/job.js';
import { type JobQueue, WithWarning } from '../../../src/queue/ports.js';
import { type GivenQueues, type QueueTestClock } from './given-queues.js';

/** How attempts end, and what stays of finished jobs. */
export function describeAttempts(given: GivenQueues): void {
  const { job, runAll } = given;
  let clock: QueueTestClock;
  let queue: JobQueue;
  /** The same queue as another process has it. */
  let other: JobQueue;

  beforeEach(() => {
    ({ clock, queue, other } = given);
  });

  describe('attempts', () => {
    const failing = async (): Promise<never> => {
      throw new Error('no luck');
    };

    it('fails a job for good after the last, with the reason', async () => {
      await queue.add('x', null, { jobId: 'j', attempts: 2 });
      expect(await runAll(failing)).to.deep.equal(['j', 'j']);
      expect(await job('j')).to.deep.include({
        state: 'failed',
        attemptsMade: 2,
        failedReason: 'no luck',
        finishedOn: clock.at,
      });
    });

    it('waits a fixed or a growing pause in between', async () => {
      const backoffs = { fixed: 1_000, growing: { type: 'exponential', delay: 1_000 } } as const;
      for (const [jobId, backoff] of Object.entries(backoffs))
        await queue.add('x', null, { jobId, attempts: 4, backoff });
      const pauses: Record<string, number[]> = { fixed: [], growing: [] };
      for (let round = 0; round < 3; round += 1) {
        const before = clock.at;
        await runAll(failing);
        const due = await queue.getJobs(['delayed']);
        for (const { id, runAt } of due) pauses[id]?.push((runAt as number) - before);
        clock.at = Math.max(...due.map(({ runAt }) => runAt as number));
      }
      expect(pauses).to.deep.equal({
        fixed: [1_000, 1_000, 1_000],
        growing: [1_000, 2_000, 4_000],
      });
    });

    it('tries again when the processor says so', async () => {
      const at = clock.at + 7_000;
      await queue.add('x', null, { jobId: 'j', attempts: 2, backoff: 1 });
      await runAll(() => Promise.reject(new RetryAtError(at, 'busy there')));
      expect(await job('j')).to.include({ state: 'delayed', runAt: at, attemptsMade: 1 });
      clock.at = at;
      await runAll(() => Promise.reject(new RetryAtError(at + 1, 'busy there')));
      expect((await job('j')).state).to.equal('failed');
    });

    it('does not count an attempt that was only put off', async () => {
      await queue.add('x', null, { jobId: 'j' });
      await runAll(() => Promise.reject(new DelayedError(clock.at + 1, 'not now')));
      expect(await job('j')).to.include({ state: 'delayed', attemptsMade: 0 });
    });

    it('makes no further one when none can help', async () => {
      await queue.add('x', null, { jobId: 'j', attempts: 9 });
      await runAll(() => Promise.reject(new UnrecoverableError('never')));
      expect(await job('j')).to.include({ state: 'failed', attemptsMade: 1 });
    });
  });

  describe('finished jobs', () => {
    it('keep what they returned', async () => {
      await queue.add('x', null, { jobId: 'j' });
      await runAll(() => ({ answer: 42 }));
      expect(await job('j')).to.deep.include({ state: 'completed', returnvalue: { answer: 42 } });
    });

    it('keep a warning, and what a failure left, and are counted by cause', async () => {
      const warning = { cause: 'conflicts', message: '2 conflicts' };
      const result = { errors: 3 };
      for (const id of ['warned', 'bad', 'worse']) await queue.add('x', null, { jobId: id });
      await runAll(async ({ id }) => {
        if (id === 'warned') return new WithWarning('partly', warning);
        throw new UnrecoverableError('no use', result);
      });
      expect(await job('warned')).to.deep.include({ returnvalue: 'partly', warning });
      expect(await job('bad')).to.deep.include({ returnvalue: result, warning: null });
      expect(await other.troubles()).to.deep.equal({
        failed: [{ cause: 'no use', jobs: 2 }],
        warnings: [{ ...warning, jobs: 1 }],
        halves: undefined,
      });
      for (const id of ['warned', 'bad', 'worse']) await other.remove(id);
      expect(await queue.troubles()).to.deep.include({ failed: [], warnings: [] });
      expect(await queue.waitingSince()).to.equal(null);
    });

    it('go by count and by age, completed and failed apart', async () => {
      const opts = {
        removeOnComplete: { age: 10 },
        removeOnFail: 1,
      };
      const add = (id: string) => queue.add(id, null, { jobId: id, ...opts });
      const work = ({ id }: Job) => id.startsWith('bad') && Promise.reject(new Error(id));
      await add('good-1');
      await add('bad-1');
      await runAll(work);
      clock.at += 11_000;
      await add('good-2');
      await add('bad-2');
      await runAll(work);
      const left = await queue.getJobs(['completed', 'failed']);
      expect(left.map(({ id }) => id)).to.have.members(['good-2', 'bad-2']);
    });

    it('can leave nothing behind', async () => {
      await queue.add('x', null, { jobId: 'j', removeOnComplete: true });
      await runAll();
      expect(await queue.getJob('j')).to.equal(undefined);
    });

    it('run again after a retry, as if they were new', async () => {
      await queue.add('x', null, { jobId: 'j' });
      await runAll(() => Promise.reject(new Error('no')));
      await other.retryJob('j');
      expect(await job('j')).to.include({
        state: 'waiting',
        attemptsMade: 0,
        failedReason: null,
      });
      expect(await runAll()).to.deep.equal(['j']);
    });
  });
}
