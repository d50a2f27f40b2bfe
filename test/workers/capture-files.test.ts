import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { setSchedule } from '../../src/app/jobs/schedules.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import type { Job } from '../../src/queue/job.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { connectionOf } from '../support/core.js';
import { temporaryHome } from '../support/temporary-home.js';
import { type GivenService, givenService, runIdle } from './given-service.js';

/** One event without an id, on a line of its own. */
const line = (n: number): string => `${JSON.stringify({ event_type: 'T', n })}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

describe('a scheduled file of events without ids', () => {
  let service: GivenService;
  let file: string;
  /** The next tick; returns what its job did. */
  const tick = async (): Promise<Job> => {
    service.clock.now += 1_000;
    await runIdle(captureWorker, service);
    const jobs = await service.queues.queue('capture').getJobs(['completed', 'failed', 'delayed']);
    return jobs.at(-1) as Job;
  };
  const stored = async (): Promise<number[]> => {
    const db = connectionOf(await service.app.stores());
    const rows = db.statement('SELECT bytes FROM payload ORDER BY seq').all() as {
      bytes: Buffer;
    }[];
    return rows.map(({ bytes }) => (JSON.parse(bytes.toString()) as { n: number }).n);
  };
  const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i);
  const jobsDb = (): Database.Database => new Database(service.app.paths.jobsDb);

  beforeEach(async () => {
    service = await givenService();
    file = join(temporaryHome(), 'app.jsonl');
    writeFileSync(file, lines(0, 3));
    const repeat = { every: 1_000 };
    await setSchedule(service.queues, 'logs', repeat, 'capture', { files: [`${file}*`] });
  });

  it('is stored once, whatever the number of ticks', async () => {
    for (let i = 0; i < 5; i += 1) expect((await tick()).state).to.equal('completed');
    expect(await stored()).to.deep.equal(range(3));
  });

  it('is read on from where reading ended, equal lines and all', async () => {
    await tick();
    appendFileSync(file, line(3) + line(3));
    const { returnvalue } = await tick();
    expect((returnvalue as CaptureReport).captured).to.equal(2);
    expect(await stored()).to.deep.equal([0, 1, 2, 3, 3]);
  });

  it('leaves a half-written last line to the run that finds it whole', async () => {
    await tick();
    const next = line(3);
    appendFileSync(file, next.slice(0, 10));
    for (let i = 0; i < 2; i += 1) expect((await tick()).state).to.equal('completed');
    appendFileSync(file, next.slice(10) + line(4));
    await tick();
    expect(await stored()).to.deep.equal(range(5));
  });

  it('takes a last line that needs no newline at once, and once', async () => {
    appendFileSync(file, line(3).trimEnd());
    await tick();
    appendFileSync(file, `\n${line(4)}`);
    await tick();
    expect(await stored()).to.deep.equal(range(5));
  });

  it('leaves an event over several lines alone until it is whole', async () => {
    const text = JSON.stringify(
      [
        { event_type: 'T', n: 0 },
        { event_type: 'T', n: 1 },
      ],
      null,
      2,
    );
    for (const cut of [20, 50]) {
      writeFileSync(file, text.slice(0, cut));
      expect((await tick()).state, text.slice(0, cut)).to.equal('completed');
    }
    writeFileSync(file, `${text}\n`);
    expect((await tick()).state).to.equal('completed');
    expect(await stored()).to.deep.equal(range(2));
  });

  it('is followed under a new name, and a new file of the old name is read from its start', async () => {
    await tick();
    appendFileSync(file, line(3));
    renameSync(file, `${file}.1`);
    writeFileSync(file, lines(4, 6));
    await tick();
    await tick();
    expect((await stored()).sort()).to.deep.equal(range(6));
  });

  it('is read from its start when it was cut off and written again, longer than before', async () => {
    await tick();
    truncateSync(file);
    writeFileSync(file, lines(3, 20), { flag: 'r+' });
    await tick();
    expect(await stored()).to.deep.equal(range(20));
  });

  it('gets the same ids when a run was cut off before it could say how far it was', async () => {
    const positions = "SELECT * FROM capture_position WHERE scheduler_id = 'logs'";
    await tick();
    const db = jobsDb();
    appendFileSync(file, lines(3, 6));
    const before = db.prepare(positions).get() as { offset: number; line: number; digest: string };
    await tick();
    // As if the worker had been killed between the events and the position.
    db.prepare('UPDATE capture_position SET offset = ?, line = ?, digest = ?').run(
      before.offset,
      before.line,
      before.digest,
    );
    db.close();
    const { returnvalue } = await tick();
    expect(returnvalue).to.include({ captured: 0, duplicates: 3 });
    expect(await stored()).to.deep.equal(range(6));
  });

  it('is read again when the journal is an older one, and then gives duplicates for what is there', async () => {
    await tick();
    const db = jobsDb();
    db.exec('UPDATE capture_position SET journal_seq = 1000');
    db.close();
    expect((await tick()).returnvalue).to.include({ captured: 0, duplicates: 3 });
  });

  it('fails the job for a bad line, once, and a retry finds it again', async () => {
    await tick();
    appendFileSync(file, `nonsense\n${line(3)}`);
    const failed = await tick();
    expect(failed).to.include({ state: 'failed', attemptsMade: 1 });
    expect(failed.failedReason).to.match(/1 of 2 inputs .*app\.jsonl:4: /);
    expect((await tick()).state).to.equal('completed');
    expect(await stored()).to.deep.equal(range(4));
    await service.queues.queue('capture').retryJob(failed.id);
    await runIdle(captureWorker, service);
    expect(await service.queues.queue('capture').getJob(failed.id)).to.include({
      state: 'failed',
    });
    expect(await stored()).to.deep.equal(range(4));
  });
});

describe('a capture job of events without ids', () => {
  it('stores them once, however often it has to be run', async () => {
    const service = await givenService();
    const file = join(temporaryHome(), 'a.jsonl');
    writeFileSync(file, line(1) + line(1));
    const events = [line(2), line(2)].map((one) => one.trim());
    const { id } = await enqueue(service.queues, 'capture', { files: [file], events });
    const queue = service.queues.queue('capture');
    await runIdle(captureWorker, service);
    await queue.retryJob(id);
    await runIdle(captureWorker, service);
    expect((await queue.getJob(id))?.returnvalue).to.include({ captured: 0, duplicates: 4 });
    // Asked for again it is another job, as the command would be.
    const again = await enqueue(service.queues, 'capture', { files: [file] });
    await runIdle(captureWorker, service);
    expect((await queue.getJob(again.id))?.returnvalue).to.include({ captured: 2 });
  });
});
