import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { jobsSection } from '../../src/app/jobs/jobs-section.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import type { Job } from '../../src/queue/job.js';
import type { QueueRow } from '../../src/reports/jobs-section.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { migrateWorker } from '../../src/workers/migrate-worker.js';
import { ServedQueues } from '../../src/workers/served-queues.js';
import type { WorkerKind } from '../../src/workers/service.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { startReceiver } from '../support/cli.js';
import { temporaryHome } from '../support/temporary-home.js';
import { announceWorker, type GivenService, givenService, pidOfDead } from './given-service.js';

const envelope = (id: string, n = 1): string => `{"event_id":"${id}","event_type":"T","n":${n}}`;

/** Runs what there is to do as `--once` does; returns the exit codes that count. */
async function runOnce(kind: WorkerKind, service: GivenService): Promise<readonly number[]> {
  const served = new ServedQueues(kind, service);
  await served.refresh();
  await served.whenIdle();
  await served.close();
  return served.exitCodes;
}

const job = async (service: GivenService, queue: string, id: string): Promise<Job> =>
  (await service.queues.queue(queue).getJob(id)) as Job;
const metrics = (service: GivenService): Promise<string> => service.metrics.registry.metrics();

describe('a job whose input cannot be used', () => {
  it('fails, keeps what it was given, and stores what can be', async () => {
    const service = await givenService();
    const events = [envelope('a'), '{"event_id":"","event_type":7}', 'nonsense'];
    const { id } = await enqueue(service.queues, 'capture', { events }, { attempts: 5 });
    expect(await runOnce(captureWorker, service)).to.deep.equal([3]);
    const failed = await job(service, 'capture', id);
    expect(failed).to.include({ state: 'failed', attemptsMade: 1 });
    expect(failed.data).to.deep.include({ events });
    expect(failed.failedReason).to.match(/^2 of 3 inputs .*1 are stored.*event 2: .*event 3: /);
    expect((failed.returnvalue as CaptureReport).errors).to.have.length(2);
    expect(await metrics(service)).to.include('captured_total{verdict="invalid"} 2');
  });

  it('fails because of a file that is not there, and stores the others', async () => {
    const service = await givenService();
    const file = join(temporaryHome(), 'good.jsonl');
    writeFileSync(file, `${envelope('a')}\n`);
    const { id } = await enqueue(service.queues, 'capture', { files: ['/nowhere/b.jsonl', file] });
    expect(await runOnce(captureWorker, service)).to.deep.equal([3]);
    const failed = await job(service, 'capture', id);
    expect(failed.failedReason).to.equal('no such file: /nowhere/b.jsonl');
    expect(await metrics(service)).to.include('captured_total{verdict="captured"} 1');
  });

  it('is kept until an operator removes it, whatever later jobs let go of', async () => {
    const service = await givenService();
    const add = (events: string[], more = {}) =>
      enqueue(service.queues, 'capture', { events }, more);
    const { id } = await add(['nonsense']);
    await runOnce(captureWorker, service);
    service.clock.now += 400 * 86_400_000;
    await add(['nonsense too'], { removeOnFail: { age: 1, count: 0 } });
    await add([envelope('a')]);
    await runOnce(captureWorker, service);
    const failed = await service.queues.queue('capture').getJobs(['failed']);
    expect(failed.map((one) => one.id)).to.deep.equal([id]);
    await service.queues.queue('capture').remove(id);
    expect(await service.queues.queue('capture').getJob(id)).to.equal(undefined);
  });

  it('is tried again when a file is not there (yet)', async () => {
    const service = await givenService();
    const files = [join(temporaryHome(), 'gone.jsonl')];
    const { id } = await enqueue(service.queues, 'capture', { files });
    expect(await runOnce(captureWorker, service)).to.deep.equal([3]);
    expect(await job(service, 'capture', id)).to.include({ state: 'delayed' });
  });

  it('fails for an old queue that is damaged', async () => {
    const service = await givenService();
    mkdirSync(join(service.app.paths.home), { recursive: true });
    writeFileSync(join(service.app.paths.home, 'queue.db'), 'SQLite format 3\0 and then rubbish');
    const { id } = await enqueue(service.queues, 'migrate', {});
    expect(await runOnce(migrateWorker, service)).to.deep.equal([3]);
    const failed = await job(service, 'migrate', id);
    expect(failed).to.include({ state: 'failed', attemptsMade: 1 });
    expect(failed.failedReason).to.include('queue.db');
  });
});

describe('a job that is done, and not all is well', () => {
  it('completes with a warning about conflicts, which is counted', async () => {
    const service = await givenService();
    const events = [envelope('a', 1), envelope('a', 2)];
    const { id } = await enqueue(service.queues, 'capture', { events });
    expect(await runOnce(captureWorker, service)).to.deep.equal([5]);
    const done = await job(service, 'capture', id);
    expect(done).to.include({ state: 'completed' });
    expect(done.warning).to.include({ cause: 'conflicts' });
    expect(await metrics(service)).to.include(
      'redrain_job_warnings_total{queue="capture",cause="conflicts"} 1',
    );
  });

  it('completes with a warning where a gate is closed', async () => {
    const service = await givenService();
    const { id } = await enqueue(service.queues, 'dispatch', {});
    expect(await runOnce(dispatchWorker, service)).to.deep.equal([6]);
    const done = await job(service, 'dispatch', id);
    expect(done).to.include({ state: 'completed' });
    expect(done.warning).to.include({ cause: 'no_target' });
    expect(done.returnvalue).to.include({ blocked_reason: 'no_target' });
  });

  it('completes with a warning about refused events, with the reason', async () => {
    const receiver = await startReceiver({ misbehave: { status: 400 } });
    const home = temporaryHome();
    writeConfig(home, externalTo(receiver.url));
    const service = await givenService(home);
    await service.app.captureGroup([{ bytes: Buffer.from(envelope('a')) }]);
    const { id } = await enqueue(service.queues, 'dispatch', {});
    expect(await runOnce(dispatchWorker, service)).to.deep.equal([7]);
    const done = await job(service, 'dispatch', id);
    expect(done.warning?.cause).to.be.oneOf(['rejected', 'terminal']);
  });
});

describe('the report on jobs', () => {
  it('counts what failed and what was warned of, by queue and cause', async () => {
    const service = await givenService();
    for (const events of [['nonsense'], ['nonsense'], [envelope('a', 1), envelope('a', 2)]])
      await enqueue(service.queues, 'capture', { events });
    await runOnce(captureWorker, service);
    const [capture] = await queueRows(service, ({ queue }) => queue === 'capture');
    expect(capture?.failures).to.have.length(1);
    expect(capture?.failures[0]).to.include({ jobs: 2 });
    expect(capture?.warnings).to.deep.equal([
      { cause: '1 conflicts kept aside: `redrain conflicts`', jobs: 1 },
    ]);
  });

  it('names queues that no live worker serves', async () => {
    const service = await givenService();
    for (const kind of ['gc', 'migrate', 'capture', 'dispatch'] as const)
      await enqueue(service.queues, kind, {});
    await announceWorker(service, { kind: 'gc', queues: ['gc'], id: 'alive' });
    await announceWorker(service, { kind: 'migrate', queues: ['migrate'], pid: await pidOfDead() });
    const names = async (): Promise<string[]> =>
      (await queueRows(service, ({ served }) => !served)).map(({ queue }) => queue);
    expect(await names()).to.deep.equal(['capture', 'dispatch', 'migrate']);
    // A worker that is suspended, or cannot write, serves nobody either.
    service.clock.now += 61_000;
    expect(await names()).to.deep.equal(['capture', 'dispatch', 'gc', 'migrate']);
    await announceWorker(service, { kind: 'gc', queues: ['gc'], id: 'alive' });
    expect(await names()).to.deep.equal(['capture', 'dispatch', 'migrate']);
  });

  it('names halves of jobs that no worker has repaired', async () => {
    const service = await givenService();
    await enqueue(service.queues, 'gc', {});
    const db = new Database(service.app.paths.jobsDb);
    db.exec('DELETE FROM tasks');
    db.close();
    const [gc] = await queueRows(service, () => true);
    expect(gc?.halves).to.equal('halves of jobs: 1 waiting without a task');
  });
});

/** The queues that `status` shows, in order. */
async function queueRows(
  { app }: GivenService,
  isWanted: (row: QueueRow) => boolean,
): Promise<QueueRow[]> {
  const section = await jobsSection(app);
  return 'error' in section ? [] : section.queues.filter(isWanted);
}
