import { expect } from 'chai';
import { ScheduleError } from '../../../src/queue/errors.js';
import type { Job } from '../../../src/queue/job.js';
import type { JobQueue } from '../../../src/queue/ports.js';
import {
  expectRejection,
  type GivenQueues,
  HOUR,
  MINUTE,
  type QueueTestClock,
} from './given-queues.js';

/** What schedulers promise. */
export function describeScheduling(given: GivenQueues): void {
  const { finished, process, runAll } = given;
  let clock: QueueTestClock;
  let queue: JobQueue;
  /** The same queue as another process has it. */
  let other: JobQueue;

  beforeEach(() => {
    ({ clock, queue, other } = given);
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

    it('adds no job while its last one still waits', async () => {
      await queue.upsertJobScheduler('s', { every: MINUTE }, { name: 'tick' });
      await queue.pause();
      const worker = process(other, async () => null);
      for (let i = 0; i < 3; i += 1) {
        clock.at += MINUTE;
        await worker.whenIdle();
      }
      expect((await queue.getJobCounts()).waiting).to.equal(1);
      await queue.resume();
      await finished(queue, 1);
      clock.at += MINUTE;
      await worker.whenIdle();
      await finished(queue, 2);
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
        await expectRejection(queue.upsertJobScheduler('s', repeat, { name: 'x' }), ScheduleError);
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
}
