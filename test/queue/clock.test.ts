import { expect } from 'chai';
import type { Job } from '../../src/queue/job.js';
import { type GivenQueue, givenQueue } from './given-queue.js';
import { until } from './waiting.js';

const YEARS = 5 * 365 * 24 * 3_600_000;

describe('a clock that was years ahead and is set right', () => {
  let given: GivenQueue;
  const job = async (id: string): Promise<Job> => (await given.queue.getJob(id)) as Job;
  /** Work while the clock is ahead. */
  const ahead = async (work: () => Promise<unknown>): Promise<void> => {
    given.clock.at += YEARS;
    await work();
    given.clock.at -= YEARS;
  };

  beforeEach(async () => {
    given = await givenQueue();
  });

  it('holds back no delayed job for longer than its delay', async () => {
    const { clock, queue, runAll } = given;
    await ahead(() => queue.add('x', null, { jobId: 'j', delay: 10_000 }));
    expect(await runAll()).to.deep.equal([]);
    expect((await job('j')).runAt).to.equal(clock.at + 10_000);
    clock.at += 10_000;
    expect(await runAll()).to.deep.equal(['j']);
  });

  it('holds back no retry for longer than its backoff', async () => {
    const { clock, queue, runAll } = given;
    await queue.add('x', null, { jobId: 'j', attempts: 2, backoff: 7_000 });
    await ahead(() => runAll(() => Promise.reject(new Error('no luck'))));
    await runAll();
    clock.at += 7_000;
    expect(await runAll()).to.deep.equal(['j']);
  });

  it('holds no deduplication id for longer than its time', async () => {
    const { clock, queue, runAll } = given;
    const options = { deduplication: { id: 'd', ttl: 3_000 } };
    await ahead(async () => {
      await queue.add('x', 1, options);
      await runAll();
    });
    expect((await queue.add('x', 2, options)).data).to.equal(1);
    clock.at += 3_000;
    expect((await queue.add('x', 3, options)).data).to.equal(3);
  });

  it('is noticed by a worker that runs', async () => {
    const { clock, queue } = given;
    const ran: string[] = [];
    clock.at += YEARS;
    const worker = queue.process(async ({ id }) => ran.push(id));
    await queue.add('x', null, { jobId: 'j', delay: 10_000 });
    await queue.upsertJobScheduler('s', { every: 60_000 }, { name: 'tick' });
    await worker.whenIdle();
    // What was written here still wakes it; from then on the clock alone is to.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    clock.at -= YEARS;
    await until(async () => ((await job('j')).runAt ?? 0) <= clock.at + 10_000);
    clock.at += 60_000;
    await until(async () => ran.length === 2);
    await worker.close();
    expect(ran).to.include('j');
  });
});

describe('a schedule', () => {
  it('adds no second job while its last one waits, and runs what it missed once', async () => {
    const { clock, queue, runAll } = await givenQueue();
    await queue.upsertJobScheduler('s', { every: 1_000 }, { name: 'tick' });
    await queue.pause();
    for (let i = 0; i < 10; i += 1) {
      clock.at += 1_000;
      await runAll();
    }
    expect((await queue.getJobCounts()).waiting).to.equal(1);
    await queue.resume();
    expect(await runAll()).to.have.length(1);
    expect((await queue.getJobSchedulers())[0]?.iterationCount).to.equal(1);
  });

  it('adds none while its last one waits for another attempt', async () => {
    const { clock, queue, runAll } = await givenQueue();
    const opts = { attempts: 5, backoff: 3_600_000 };
    await queue.upsertJobScheduler('s', { every: 1_000 }, { name: 'tick', opts });
    for (let i = 0; i < 5; i += 1) {
      clock.at += 1_000;
      await runAll(() => Promise.reject(new Error('no luck')));
    }
    expect(await queue.getJobCounts()).to.include({ waiting: 0, delayed: 1 });
  });

  it('lets one more wait behind a run that is longer than its period', async () => {
    const { clock, queue } = await givenQueue();
    await queue.upsertJobScheduler('s', { every: 1_000 }, { name: 'tick' });
    let end = (): void => undefined;
    const worker = queue.process(() => new Promise<void>((resolve) => (end = resolve)));
    for (let i = 0; i < 5; i += 1) {
      clock.at += 1_000;
      await until(async () => ((await queue.getJobSchedulers())[0]?.next ?? 0) > clock.at);
    }
    expect(await queue.getJobCounts()).to.include({ waiting: 1, active: 1 });
    await queue.pause();
    end();
    await worker.close();
  });

  it('that cannot be read makes no job, hides no other and stops none', async () => {
    const { clock, queue, raw, runAll } = await givenQueue();
    for (const id of ['a', 'b', 'c', 'd'])
      await queue.upsertJobScheduler(id, { every: 1_000 }, { name: id });
    raw.exec(`UPDATE job_scheduler SET repeat = '{"every":1e99}' WHERE id = 'a';
      UPDATE job_scheduler SET repeat = 'rubbish' WHERE id = 'b';
      UPDATE job_scheduler SET template = 'rubbish' WHERE id = 'c'`);
    clock.at += 1_000;
    const ran = await runAll();
    expect(ran.some((id) => id.startsWith('repeat:d:'))).to.equal(true);
    expect(ran.some((id) => /^repeat:[ab]:/.test(id))).to.equal(false);
    expect(await queue.getJobSchedulers()).to.have.length(4);
  });
});

describe('a schedule that can never run', () => {
  it('is refused, and not stored', async () => {
    const { queue } = await givenQueue();
    for (const options of [
      { delay: 8.64e15 },
      { delay: Number.NaN },
      { delay: -1 },
      { deduplication: { id: 'd', ttl: 1e15 } },
      { backoff: 1e15 },
      { attempts: 0 },
    ]) {
      const error = await queue.add('x', null, options).catch((reason: unknown) => reason);
      expect(error, JSON.stringify(options)).to.include({ name: 'JobStateError' });
    }
    const every = 104_000_000 * 86_400_000;
    const error = await queue
      .upsertJobScheduler('s', { every }, { name: 'x' })
      .catch((reason: unknown) => reason);
    expect(error).to.include({ name: 'ScheduleError' });
    expect(await queue.getJobs(['waiting', 'delayed'])).to.deep.equal([]);
    expect(await queue.getJobSchedulers()).to.deep.equal([]);
  });
});
