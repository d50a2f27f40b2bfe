import { expect } from 'chai';
import { LockLostError } from '../../../src/queue/errors.js';
import {
  JOB_EVENTS,
  type JobEvent,
  type JobEventName,
  type JobQueue,
} from '../../../src/queue/ports.js';
import { closeAfterTest } from '../../support/temporary-home.js';
import { gate, until } from '../waiting.js';
import { type GivenQueues, type QueueTestClock } from './given-queues.js';

/** What a running job and its lock promise. */
export function describeRunning(given: GivenQueues): void {
  const { finished, job, process } = given;
  let clock: QueueTestClock;
  let queue: JobQueue;
  /** The same queue as another process has it. */
  let other: JobQueue;

  beforeEach(() => {
    ({ clock, queue, other } = given);
  });

  describe('a running job', () => {
    it('reports its progress, and every listener gets its events', async () => {
      const heard: [JobEventName, unknown][] = [];
      for (const event of JOB_EVENTS)
        closeAfterTest(other.on(event, (one: JobEvent) => heard.push([one.event, one.detail])));
      await queue.add('x', null, { jobId: 'j' });
      const worker = process(queue, async (running) => {
        await running.updateProgress({ done: 3 });
        return 'good';
      });
      await worker.whenIdle();
      expect((await job('j')).progress).to.deep.equal({ done: 3 });
      await until(async () => heard.length === 4);
      expect(heard).to.deep.equal([
        ['waiting', null],
        ['active', null],
        ['progress', { done: 3 }],
        ['completed', 'good'],
      ]);
    });

    it('is one of as many as the worker may run', async () => {
      const held = gate();
      let most = 0;
      let now = 0;
      process(
        queue,
        async () => {
          most = Math.max(most, ++now);
          await held.wait();
          now -= 1;
        },
        { concurrency: 3 },
      );
      for (let i = 0; i < 7; i += 1) await queue.add('x', i);
      await until(async () => now === 3);
      expect((await queue.getJobCounts()).active).to.equal(3);
      held.open();
      await finished(queue, 7);
      expect(most).to.equal(3);
    });

    it('is waited for when the worker closes', async () => {
      const held = gate();
      const worker = queue.process(() => held.wait());
      await queue.add('x', null, { jobId: 'runs' });
      await queue.add('x', null, { jobId: 'waits' });
      await until(async () => (await job('runs')).state === 'active');
      const closed = worker.close();
      held.open();
      await closed;
      expect((await job('runs')).state).to.equal('completed');
      expect((await job('waits')).state).to.equal('waiting');
    });
  });

  describe('a lock', () => {
    /** A job that runs in a process that does not come back in time. */
    const outlived = async (lockDuration: number) => {
      const held = gate();
      const lost = gate();
      const reasons: unknown[] = [];
      const slow = queue.process(
        async ({ signal }) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            lost.open();
          });
          await held.wait();
          return 'late';
        },
        { lockDuration },
      );
      closeAfterTest(() => {
        held.open();
        return slow.close();
      });
      await queue.add('x', null, { jobId: 'j' });
      await until(async () => (await job('j')).state === 'active');
      await queue.pause();
      return { held, lost, reasons, slow };
    };

    it('that a clock wrote which is set back by years since lasts no longer than it was meant to', async () => {
      const { held, slow } = await outlived(30_000);
      clock.at -= 5 * 365 * 24 * 3_600_000;
      const quick = process(other, async () => 'in time', { lockDuration: 30_000 });
      await quick.whenIdle();
      clock.at += 30_001;
      await queue.resume();
      await finished(other, 1);
      held.open();
      await slow.close();
      expect(await job('j')).to.include({ state: 'completed', returnvalue: 'in time' });
      await quick.whenIdle();
    });

    it('that was outlived voids the late result, good or bad', async () => {
      const { held, slow, reasons } = await outlived(30_000);
      clock.at += 30_001;
      const quick = process(other, async () => 'in time', { lockDuration: 30_000 });
      await queue.resume();
      await finished(other, 1);
      held.open();
      await slow.close();
      expect(reasons[0]).to.be.instanceOf(LockLostError);
      expect(await job('j')).to.include({ returnvalue: 'in time', stalledCounter: 1 });
      expect(await queue.getJobCounts()).to.include({ completed: 1, active: 0, waiting: 0 });
      await quick.whenIdle();
    });

    it('that is lost tells the job to stop', async () => {
      const { lost, reasons } = await outlived(1_500);
      clock.at += 1_501;
      const quick = process(other, async () => 'in time', { lockDuration: 30_000 });
      await queue.resume();
      await finished(other, 1);
      await lost.wait();
      expect(reasons[0]).to.be.instanceOf(LockLostError);
      await quick.whenIdle();
    });

    it('is renewed while the job runs', async () => {
      const { held } = await outlived(300);
      const patient = process(other, async () => 'taken over', { lockDuration: 300 });
      for (let beats = 0; beats < 3; beats += 1) {
        clock.at += 250;
        const before = await lockedUntil();
        await until(async () => (await lockedUntil()) > before);
      }
      held.open();
      await queue.resume();
      await finished(queue, 1);
      await patient.whenIdle();
      expect(await job('j')).to.include({ returnvalue: 'late', stalledCounter: 0 });
      await patient.close();
    });

    it('fails the job whose workers vanish too often', async () => {
      const stalled: string[] = [];
      closeAfterTest(other.on('stalled', ({ jobId }) => stalled.push(jobId)));
      const held = gate();
      const workers = [queue, other].map((at) =>
        at.process(() => held.wait(), { lockDuration: 30_000, maxStalledCount: 1 }),
      );
      closeAfterTest(async () => {
        held.open();
        await Promise.all(workers.map((worker) => worker.close()));
      });
      await queue.add('x', null, { jobId: 'j', attempts: 5 });
      for (let time = 0; time < 2; time += 1) {
        await until(async () => (await job('j')).state === 'active');
        clock.at += 30_001;
        await until(async () => (await job('j')).stalledCounter === time + 1);
      }
      await finished(queue, 1);
      expect(await job('j')).to.include({ state: 'failed', stalledCounter: 2 });
      expect((await job('j')).failedReason).to.match(/stalled/);
      await until(async () => stalled.length === 2);
    });

    /** The one thing the port does not show: asked of a second worker by its absence. */
    const renewals = { seen: 0 };
    const lockedUntil = async (): Promise<number> => {
      renewals.seen += 1;
      await new Promise((resolve) => setTimeout(resolve, 60));
      return renewals.seen;
    };
  });
}
