import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { dispatchQueueOf } from '../../src/app/jobs/queue-names.js';
import type { Job } from '../../src/queue/job.js';
import { sweepTarget } from '../../src/workers/dispatch-sweep.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { startReceiver } from '../support/cli.js';
import { connectionOf } from '../support/core.js';
import { temporaryHome } from '../support/temporary-home.js';
import { type GivenService, givenService, runIdle } from './given-service.js';

const HOUR = 3_600_000;

function homeSendingTo(url: string, maxEvents = 1000): string {
  const home = temporaryHome();
  configure(home, url, maxEvents);
  return home;
}

function configure(home: string, url: string, maxEvents = 1000): void {
  mkdirSync(home, { recursive: true });
  const toml = `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${url}"\nmax_events = ${maxEvents}\n`;
  writeFileSync(join(home, 'config.toml'), toml);
}

async function capture(service: GivenService, ...ids: string[]): Promise<void> {
  const inputs = ids.map((id) => ({
    bytes: Buffer.from(JSON.stringify({ event_id: id, event_type: 'WPStatusChanged' })),
  }));
  await service.app.captureGroup(inputs);
}

async function statuses(service: GivenService): Promise<Record<string, number>> {
  const db = connectionOf(await service.app.stores());
  const rows = db
    .statement<[], { status: string; n: number }>(
      'SELECT status, count(*) AS n FROM delivery GROUP BY status',
    )
    .all();
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

async function job(service: GivenService, id: string, target?: number): Promise<Job> {
  return (await service.queues.queue(dispatchQueueOf(target)).getJob(id)) as Job;
}

describe('a dispatch job', () => {
  it('drains the active target, and says what it did', async () => {
    const receiver = await startReceiver();
    const service = await givenService(homeSendingTo(receiver.url));
    await capture(service, 'a', 'b');
    const { id } = await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    const done = await job(service, id);
    expect(done).to.include({ state: 'completed' });
    expect(done.returnvalue).to.include({ delivered: 2, unsent: 0 });
    expect(receiver.sink.eventIds()).to.have.members(['a', 'b']);
  });

  it('counts what it delivers', async () => {
    const receiver = await startReceiver();
    const service = await givenService(homeSendingTo(receiver.url));
    await capture(service, 'a', 'b');
    await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    const text = await service.metrics.registry.metrics();
    expect(text).to.include('redrain_deliveries_total{target="1",outcome="delivered"} 2');
    expect(text).to.include('redrain_batch_seconds_count{target="1"} 1');
    expect(text).to.match(/redrain_sent_bytes_total\{target="1"\} [1-9]/);
  });

  it('is not run for a target that the worker does not serve', async () => {
    const [a, b] = [await startReceiver(), await startReceiver()];
    const service = await givenService(homeSendingTo(a.url));
    await capture(service, 'a');
    await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    configure(service.app.paths.home, b.url);
    const { id } = await enqueue(service.queues, 'dispatch', { targetId: 1 });
    await runIdle(dispatchWorker, service);
    expect(await job(service, id)).to.include({ state: 'failed', attemptsMade: 1 });
    expect((await job(service, id)).failedReason).to.match(
      /serve the target (\S+): start one with --target \1$/,
    );
    expect(b.sink.eventIds()).to.deep.equal([]);
  });

  it('comes back when the ledger says so, at a target that fails', async () => {
    const receiver = await startReceiver({ misbehave: { status: 503 } });
    const service = await givenService(homeSendingTo(receiver.url));
    await capture(service, 'a');
    const { id } = await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    const db = connectionOf(await service.app.stores());
    const { due } = db.statement('SELECT min(due_at) AS due FROM todo').get() as { due: number };
    expect(await job(service, id)).to.include({ state: 'delayed', runAt: due, attemptsMade: 1 });
  });

  it('counts no attempt at a target that takes some of what it gets', async () => {
    const receiver = await startReceiver({ misbehave: { failRate: 0.3, seed: 4 } });
    const service = await givenService(homeSendingTo(receiver.url, 2));
    await capture(service, ...Array.from({ length: 20 }, (_, i) => `e-${i}`));
    const { id } = await enqueue(service.queues, 'dispatch', {}, { attempts: 5 });
    await runIdle(dispatchWorker, service);
    expect(await statuses(service)).to.include.keys('success', 'failed_transient');
    expect(await job(service, id)).to.include({ state: 'delayed', attemptsMade: 0 });
  });

  it('leaves every event retryable when its attempts are used up, and all arrive later', async () => {
    const receiver = await startReceiver();
    const { url, port } = receiver;
    await receiver.close();
    const service = await givenService(homeSendingTo(url));
    const ids = Array.from({ length: 25 }, (_, i) => `e-${i}`);
    await capture(service, ...ids);
    const { id } = await enqueue(service.queues, 'dispatch', {}, { attempts: 4 });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await runIdle(dispatchWorker, service);
      service.clock.now = (await job(service, id)).runAt ?? service.clock.now;
    }
    expect(await job(service, id)).to.include({ state: 'failed', attemptsMade: 4 });
    expect((await job(service, id)).failedReason).to.match(/tried again|could be sent/);
    expect(await statuses(service)).to.deep.equal({ failed_transient: 25 });

    const back = await startReceiver({ port });
    service.clock.now += HOUR;
    await service.queues.queue('dispatch').retryJob(id);
    await runIdle(dispatchWorker, service);
    expect(await job(service, id)).to.include({ state: 'completed' });
    expect(await statuses(service)).to.deep.equal({ success: 25 });
    expect(back.sink.eventIds()).to.have.members(ids);
  });

  it('goes back to the queue, uncounted, when the worker is asked to stop', async () => {
    const receiver = await startReceiver();
    const service = await givenService(homeSendingTo(receiver.url));
    await capture(service, 'a');
    service.stop.abort();
    const { id } = await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    expect(await job(service, id)).to.include({ state: 'delayed', attemptsMade: 0 });
    expect(receiver.sink.eventIds()).to.deep.equal([]);
  });
});

describe('the dispatch sweep', () => {
  it('finds events that no job names, and adds one drain only', async () => {
    const receiver = await startReceiver();
    const service = await givenService(homeSendingTo(receiver.url));
    expect((await sweepTarget(service, undefined)).did).to.equal('nothing');
    await capture(service, 'a');
    expect((await sweepTarget(service, undefined)).did).to.equal('added');
    expect((await sweepTarget(service, undefined)).did).to.equal('coming');
    await runIdle(dispatchWorker, service);
    expect(receiver.sink.eventIds()).to.deep.equal(['a']);
    expect((await sweepTarget(service, undefined)).did).to.equal('nothing');
  });

  it('finds retries when they are due, also after every job is gone', async () => {
    const receiver = await startReceiver({ misbehave: { status: 503 } });
    const { url, port } = receiver;
    const service = await givenService(homeSendingTo(url));
    await capture(service, 'a');
    await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    await service.queues.queue('dispatch').obliterate({ force: true });
    expect((await sweepTarget(service, undefined)).did).to.equal('nothing');
    await receiver.close();
    const well = await startReceiver({ port });
    service.clock.now += HOUR;
    expect((await sweepTarget(service, undefined)).did).to.equal('added');
    await runIdle(dispatchWorker, service);
    expect(well.sink.eventIds()).to.deep.equal(['a']);
  });

  it('leaves a target alone while its circuit is open', async () => {
    const receiver = await startReceiver();
    const { url } = receiver;
    await receiver.close();
    const service = await givenService(homeSendingTo(url));
    await capture(service, 'a');
    const { id } = await enqueue(service.queues, 'dispatch', {}, { attempts: 20 });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await runIdle(dispatchWorker, service);
      service.clock.now = (await job(service, id)).runAt ?? service.clock.now;
    }
    const { targets } = await service.app.stores();
    const openUntil = (await targets.find(1))?.circuitOpenUntil as number;
    await capture(service, 'b');
    service.clock.now = openUntil - 1;
    await service.queues.queue('dispatch').remove(id);
    expect((await sweepTarget(service, undefined)).did).to.equal('quiet');
    service.clock.now = openUntil;
    expect((await sweepTarget(service, undefined)).did).to.equal('added');
  });

  it('does nothing where nothing may leave', async () => {
    const home = temporaryHome();
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'config.toml'), '[sync]\nmode = "LOCAL_RETENTION"\n');
    const service = await givenService(home);
    await capture(service, 'a');
    expect((await sweepTarget(service, undefined)).did).to.equal('blocked');
  });
});
