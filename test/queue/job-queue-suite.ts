import { expect } from 'chai';
import {
  DelayedError,
  JobStateError,
  LockLostError,
  RetryAtError,
  ScheduleError,
  UnknownJobError,
  UnrecoverableError,
} from '../../src/queue/errors.js';
import type { Job } from '../../src/queue/job.js';
import type { JobEvent, JobEventName, JobQueue, Queues } from '../../src/queue/ports.js';
import { JOB_EVENTS } from '../../src/queue/ports.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { gate, until } from './waiting.js';

/** A clock that a test moves; every connection of a store reads the same one. */
export class QueueTestClock {
  at = Date.UTC(2026, 0, 5, 12);
  now(): number {
    return this.at;
  }
}

/** What an adapter brings to be held to the promises of `JobQueue`. */
export interface QueueAdapter {
  /** A store of its own for one test; `connect` is called once for each "process". */
  open(clock: QueueTestClock): { connect(): Promise<Queues> };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The promises of the port, to be kept by every adapter unchanged. */
export function describeJobQueue(name: string, adapter: QueueAdapter): void {
  let clock: QueueTestClock;
  let queue: JobQueue;
  /** The same queue as another process has it. */
  let other: JobQueue;

  const finished = (at: JobQueue, count: number): Promise<void> =>
    until(async () => {
      const { completed, failed } = await at.getJobCounts();
      return completed + failed >= count;
    });
  const job = async (id: string): Promise<Job> => (await queue.getJob(id)) as Job;
  const process = (at: JobQueue, ...rest: Parameters<JobQueue['process']>) => {
    const worker = at.process(...rest);
    closeAfterTest(() => worker.close());
    return worker;
  };
  /** Runs what can run now, in the order in which it is taken. */
  const runAll = async (work: (job: Job) => unknown = () => null): Promise<string[]> => {
    const ran: string[] = [];
    const worker = queue.process(async (one) => {
      ran.push(one.id);
      return work(one);
    });
    await worker.whenIdle();
    await worker.close();
    return ran;
  };

  describe(`JobQueue on ${name}`, () => {
    beforeEach(async () => {
      clock = new QueueTestClock();
      const store = adapter.open(clock);
      const connect = async (): Promise<JobQueue> => {
        const queues = await store.connect();
        closeAfterTest(() => queues.close());
        return queues.queue('work');
      };
      [queue, other] = await Promise.all([connect(), connect()]);
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
      });
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

    describe('a scheduler', () => {
      const ticks = async (): Promise<number[]> =>
        (await queue.getJobs(['waiting', 'completed'])).map(({ timestamp }) => timestamp);

      it('makes a job of its template at every tick', async () => {
        const template = { name: 'tick', data: { n: 1 }, opts: { attempts: 2 } };
        const scheduler = await queue.upsertJobScheduler('s', { every: MINUTE }, template);
        expect(scheduler.next).to.equal(clock.at + MINUTE);
        expect(await runAll()).to.deep.equal([]);
        const ran: Job[] = [];
        for (let i = 0; i < 3; i += 1) {
          clock.at += MINUTE;
          await runAll((one) => void ran.push(one));
        }
        expect(ran).to.have.length(3);
        expect(ran[0]).to.deep.include({ name: 'tick', data: { n: 1 }, jobSchedulerId: 's' });
        const [stored] = await other.getJobSchedulers();
        expect(stored).to.include({ id: 's', iterationCount: 3, next: clock.at + MINUTE });
      });

      it('runs what it missed once', async () => {
        await queue.upsertJobScheduler('s', { every: MINUTE }, { name: 'tick' });
        clock.at += 10 * MINUTE + 1;
        expect(await runAll()).to.have.length(1);
        expect((await queue.getJobSchedulers())[0]?.next).to.equal(clock.at - 1 + MINUTE);
      });

      it('waits for no tick of a clock that is set back by years since', async () => {
        clock.at += 5 * 365 * 24 * HOUR;
        await queue.upsertJobScheduler('s', { every: MINUTE }, { name: 'tick' });
        clock.at -= 5 * 365 * 24 * HOUR;
        expect(await runAll()).to.deep.equal([]);
        clock.at += MINUTE;
        expect(await runAll()).to.have.length(1);
      });

      it('keeps its tick when the clock is set back by less than its period', async () => {
        const repeat = { pattern: '0 3 * * *' };
        clock.at = Date.UTC(2026, 0, 5, 3) - 1;
        await queue.upsertJobScheduler('s', repeat, { name: 'night' });
        clock.at += 2;
        expect(await runAll()).to.have.length(1);
        clock.at -= HOUR;
        expect(await runAll()).to.deep.equal([]);
        expect((await queue.getJobSchedulers())[0]?.next).to.equal(Date.UTC(2026, 0, 6, 3));
      });

      it('comes again to a tick that was, when the clock is set back by more', async () => {
        await queue.upsertJobScheduler('s', { every: MINUTE }, { name: 'tick' });
        for (let i = 0; i < 5; i += 1) {
          clock.at += MINUTE;
          expect(await runAll()).to.have.length(1);
        }
        clock.at -= 4 * MINUTE;
        await runAll();
        clock.at += MINUTE;
        expect(await runAll()).to.have.length(1);
      });

      it('keeps its next tick when it is set again unchanged, and not when it changes', async () => {
        const set = (every: number, name: string) =>
          other.upsertJobScheduler('s', { every }, { name });
        const { next } = await set(HOUR, 'a');
        clock.at += 2 * HOUR;
        expect(await set(HOUR, 'b')).to.deep.include({ next, template: { name: 'b' } });
        expect((await set(MINUTE, 'b')).next).to.equal(clock.at + MINUTE);
        expect(await queue.getJobSchedulers()).to.have.length(1);
      });

      it('follows a cron pattern in a time zone', async () => {
        const repeat = { pattern: '30 3 * * *', tz: 'Asia/Kolkata' };
        const { next } = await queue.upsertJobScheduler('s', repeat, { name: 'night' });
        expect(new Date(next as number).toISOString()).to.equal('2026-01-05T22:00:00.000Z');
      });

      it('is refused when it makes no schedule', async () => {
        for (const repeat of [
          { pattern: '99 * * * *' },
          { pattern: '* * * * *', tz: 'Atlantis/Capital' },
          { pattern: '0 0 30 2 *' },
          { every: 0 },
        ])
          await expectRejection(
            queue.upsertJobScheduler('s', repeat, { name: 'x' }),
            ScheduleError,
          );
        expect(await queue.getJobSchedulers()).to.deep.equal([]);
      });

      it('makes no more jobs once it is removed', async () => {
        await queue.upsertJobScheduler('s', { every: MINUTE }, { name: 'tick' });
        expect(await other.removeJobScheduler('s')).to.equal(true);
        expect(await other.removeJobScheduler('s')).to.equal(false);
        clock.at += HOUR;
        expect(await runAll()).to.deep.equal([]);
      });

      it('makes one job of one tick, however many workers see it', async () => {
        await queue.upsertJobScheduler('s', { every: MINUTE }, { name: 'tick' });
        const workers = [queue, other, queue, other].map((at) => process(at, async () => null));
        for (let i = 1; i <= 20; i += 1) {
          clock.at += MINUTE;
          await Promise.all(workers.map((worker) => worker.whenIdle()));
          await finished(queue, i);
        }
        expect(await ticks()).to.have.length(20);
      });
    });
  });
}

async function expectRejection(
  work: Promise<unknown>,
  kind: new (...args: never[]) => Error,
): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(kind);
}
