import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { Spool } from '../../src/journal/spool.js';
import type { Job } from '../../src/queue/job.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { gcWorker } from '../../src/workers/gc-worker.js';
import { migrateWorker } from '../../src/workers/migrate-worker.js';
import { connectionOf } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { temporaryHome } from '../support/temporary-home.js';
import {
  announceWorker,
  type GivenService,
  givenService,
  pidOfDead,
  runIdle,
} from './given-service.js';

const envelope = (id: string): string =>
  `{"event_id": "${id}",  "event_type":"WPStatusChanged", "n":1.50}`;

const eventCount = async (service: GivenService): Promise<number> =>
  (
    connectionOf(await service.app.stores())
      .statement('SELECT count(*) AS n FROM event')
      .get() as {
      n: number;
    }
  ).n;

const job = async (service: GivenService, queue: string, id: string): Promise<Job> =>
  (await service.queues.queue(queue).getJob(id)) as Job;

describe('a capture job', () => {
  it('captures the exact events it carries', async () => {
    const service = await givenService();
    const events = [envelope('a'), envelope('b'), envelope('a'), 'nonsense'];
    const { id } = await enqueue(service.queues, 'capture', { events });
    await runIdle(captureWorker, service);
    const report = (await job(service, 'capture', id)).returnvalue as CaptureReport;
    expect(report).to.include({ captured: 2, duplicates: 1 });
    expect(report.errors).to.have.length(1);
    const db = connectionOf(await service.app.stores());
    const { bytes } = db.statement('SELECT bytes FROM payload ORDER BY seq').get() as {
      bytes: Buffer;
    };
    expect(bytes.toString()).to.equal(envelope('a'));
  });

  it('captures the files it names, twice without harm', async () => {
    const service = await givenService();
    const file = join(temporaryHome(), 'events.jsonl');
    writeFileSync(file, ['a', 'b', 'c'].map(envelope).join('\n'));
    const { id } = await enqueue(service.queues, 'capture', { files: [file] });
    await runIdle(captureWorker, service);
    await service.queues.queue('capture').retryJob(id);
    await runIdle(captureWorker, service);
    expect((await job(service, 'capture', id)).returnvalue).to.include({ duplicates: 3 });
    expect(await eventCount(service)).to.equal(3);
  });

  it('shares groups with the jobs beside it', async () => {
    const service = await givenService(temporaryHome(), ['--concurrency', '8']);
    let groups = 0;
    const { app } = service;
    const captureGroup = app.captureGroup.bind(app);
    app.captureGroup = (...rest) => {
      groups += 1;
      return captureGroup(...rest);
    };
    for (let i = 0; i < 24; i += 1)
      await enqueue(service.queues, 'capture', { events: [envelope(`e-${i}`)] });
    await runIdle(captureWorker, service);
    expect(await eventCount(service)).to.equal(24);
    expect(groups).to.be.below(24);
  });

  it('adds one drain job for each target that a worker serves, and no other', async () => {
    const service = await givenService();
    for (const queue of ['dispatch', 'dispatch:7'])
      await service.queues
        .queue(queue)
        .process(async () => null)
        .close();
    await announceWorker(service, { queues: ['dispatch'] });
    await announceWorker(service, { queues: ['dispatch:7'], pid: await pidOfDead() });
    for (const id of ['a', 'b', 'c'])
      await enqueue(service.queues, 'capture', { events: [envelope(id)] });
    await runIdle(captureWorker, service);
    expect((await service.queues.queue('dispatch').getJobCounts()).waiting).to.equal(1);
    expect((await service.queues.queue('dispatch:7').getJobCounts()).waiting).to.equal(0);
  });

  it('is failed at once when nobody could understand it', async () => {
    const service = await givenService();
    const { id } = await service.queues
      .queue('capture')
      .add('capture', { evnets: [] }, { attempts: 5 });
    await runIdle(captureWorker, service);
    expect(await job(service, 'capture', id)).to.include({ state: 'failed', attemptsMade: 1 });
  });

  it('keeps the events that could be stored nowhere, and is tried again', async () => {
    const service = await givenService();
    mkdirSync(service.app.paths.journalDb, { recursive: true });
    writeFileSync(service.app.paths.spoolDir, 'a file where the spool should be');
    const { id } = await enqueue(service.queues, 'capture', { events: [envelope('a')] });
    await runIdle(captureWorker, service);
    const stored = await job(service, 'capture', id);
    expect(stored).to.include({ state: 'delayed', attemptsMade: 1 });
    expect(stored.failedReason).to.include('a');
  });

  it('takes the spool in on a sweep', async () => {
    const service = await givenService();
    new Spool(service.app.paths.spoolDir).write(newEvents(5, 'spooled'));
    await captureWorker.sweep?.(service);
    expect(await eventCount(service)).to.equal(5);
  });
});

describe('a gc or archive job', () => {
  for (const kind of ['gc', 'archive'] as const)
    it(`only reports for ${kind} unless it was told yes`, async () => {
      const service = await givenService();
      await enqueue(service.queues, 'capture', { events: [envelope('a')] });
      await runIdle(captureWorker, service);
      const plain = await enqueue(service.queues, kind, {});
      const told = await enqueue(service.queues, kind, { yes: true, keepDays: 1 });
      await runIdle(gcWorker, service);
      expect((await job(service, 'gc', plain.id)).returnvalue).to.include({ dry_run: true });
      expect((await job(service, 'gc', told.id)).returnvalue).to.include({ dry_run: false });
    });
});

describe('a migrate job', () => {
  it('reports what it took in', async () => {
    const service = await givenService();
    const { id } = await enqueue(service.queues, 'migrate', {});
    await runIdle(migrateWorker, service);
    const done = await job(service, 'migrate', id);
    expect(done).to.include({ state: 'completed' });
    expect(done.returnvalue).to.include({ dry_run: false });
  });
});
