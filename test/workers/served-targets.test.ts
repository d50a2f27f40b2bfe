import { expect } from 'chai';
import { enqueue, enqueueJob } from '../../src/app/jobs/enqueue.js';
import { changeTarget } from '../../src/app/target-changes.js';
import type { Job } from '../../src/queue/job.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { startReceiver } from '../support/cli.js';
import { temporaryHome } from '../support/temporary-home.js';
import { announceWorker, type GivenService, givenService, runIdle } from './given-service.js';

type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** Two known targets, 1 and 2; the second is the active one. */
async function givenTwo(): Promise<{ home: string; a: Receiver; b: Receiver }> {
  const [a, b] = [await startReceiver(), await startReceiver()];
  const home = temporaryHome();
  for (const { url } of [a, b]) {
    writeConfig(home, externalTo(url));
    const service = await givenService(home);
    await capture(service, 'first');
    await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
  }
  return { home, a, b };
}

async function capture(service: GivenService, id: string): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ event_id: id, event_type: 'T' }));
  await service.app.captureGroup([{ bytes }]);
}

const jobOf = async (service: GivenService, queue: string, id: string): Promise<Job> =>
  (await service.queues.queue(queue).getJob(id)) as Job;

describe('a worker with targets', () => {
  it('goes on with the others when one is retired, says so, and picks it up when it is restored', async () => {
    const { home, a, b } = await givenTwo();
    const service = await givenService(home, ['--target', '1', '--target', '2']);
    await changeTarget(service.app, '1', { kind: 'retire' });
    await capture(service, 'second');
    await dispatchWorker.sweep?.(service);
    await runIdle(dispatchWorker, service);
    expect(b.sink.eventIds()).to.include('second');
    expect(a.sink.eventIds()).to.not.include('second');
    expect(service.targets.outOfService).to.equal(undefined);
    expect(service.targets.all[0]?.out).to.match(/^(\S+) is retired.*targets restore \1`/);
    expect(await service.metrics.registry.metrics()).to.include(
      'redrain_worker_targets{state="out"} 1',
    );
    await changeTarget(service.app, '1', { kind: 'restore' });
    await dispatchWorker.sweep?.(service);
    await runIdle(dispatchWorker, service);
    expect(a.sink.eventIds()).to.include('second');
  });

  it('stays up and is not ready when all are retired or unknown', async () => {
    const { home } = await givenTwo();
    const service = await givenService(home, ['--target', '1', '--target', '99']);
    await changeTarget(service.app, '1', { kind: 'retire' });
    await dispatchWorker.sweep?.(service);
    await runIdle(dispatchWorker, service);
    expect(service.targets.outOfService).to.match(/ is retired.*99/s);
  });

  it('starts to serve one that becomes known later', async () => {
    const { home } = await givenTwo();
    const c = await startReceiver();
    const service = await givenService(home, ['--target', '2', '--target', c.url]);
    const queues = async () => (await dispatchWorker.serves(service)).map(({ queue }) => queue);
    expect(await queues()).to.deep.equal(['dispatch', 'dispatch:2']);
    writeConfig(home, externalTo(c.url));
    const other = await givenService(home);
    await enqueue(other.queues, 'dispatch', {});
    await runIdle(dispatchWorker, other);
    expect(await queues()).to.deep.equal(['dispatch', 'dispatch:2', 'dispatch:3']);
  });

  it('shows no key of an address', async () => {
    const service = await givenService(temporaryHome(), ['--target', 'https://x.example/?key=K9']);
    await dispatchWorker.serves(service);
    expect(JSON.stringify(service.targets.all)).to.not.include('K9');
  });

  it('leaves the jobs of a retired target where they are', async () => {
    const { home } = await givenTwo();
    const service = await givenService(home, ['--target', '1', '--target', '2']);
    await announceWorker(service, { queues: ['dispatch:1', 'dispatch:2'] });
    const { id, queue } = await enqueueJob(service.app, 'dispatch', { targetId: 1 });
    await changeTarget(service.app, '1', { kind: 'retire' });
    await runIdle(dispatchWorker, service);
    expect(await jobOf(service, queue, id)).to.include({ state: 'waiting', attemptsMade: 0 });
    await changeTarget(service.app, '1', { kind: 'restore' });
    await runIdle(dispatchWorker, service);
    expect(await jobOf(service, queue, id)).to.include({ state: 'completed' });
  });

  it('puts a job back, uncounted, whose target is retired as it begins', async () => {
    const { home } = await givenTwo();
    const service = await givenService(home, ['--target', '2']);
    const [, own] = await dispatchWorker.serves(service);
    await changeTarget(service.app, '2', { kind: 'retire' });
    await service.queues.queue('dispatch:2').add('drain', { targetId: 2 }, { jobId: 'j' });
    const worker = service.queues.queue('dispatch:2').process(own?.processor ?? (async () => null));
    await worker.whenIdle();
    await worker.close();
    expect(await jobOf(service, 'dispatch:2', 'j')).to.include({
      state: 'delayed',
      attemptsMade: 0,
    });
    expect(service.targets.outOfService).to.include(' is retired');
  });
});

describe('a drain that names no target', () => {
  it('is run by a worker that serves the active target by name', async () => {
    const { home, b } = await givenTwo();
    const service = await givenService(home, ['--target', '2']);
    await capture(service, 'second');
    const { id } = await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    expect(await jobOf(service, 'dispatch', id)).to.include({ state: 'completed' });
    expect(b.sink.eventIds()).to.include('second');
  });

  it('waits where the active target is none of the worker’s', async () => {
    const { home, a } = await givenTwo();
    const service = await givenService(home, ['--target', '1']);
    await capture(service, 'second');
    const { id } = await enqueue(service.queues, 'dispatch', {});
    await runIdle(dispatchWorker, service);
    expect(await jobOf(service, 'dispatch', id)).to.include({ state: 'waiting' });
    expect(a.sink.eventIds()).to.not.include('second');
  });

  it('of the active target goes to a worker of its own where one is at work', async () => {
    const { home } = await givenTwo();
    const service = await givenService(home, ['--target', '2']);
    const asked = async () => (await enqueueJob(service.app, 'dispatch', { targetId: 2 })).queue;
    expect(await asked()).to.equal('dispatch');
    await announceWorker(service, { queues: ['dispatch:2'] });
    expect(await asked()).to.equal('dispatch:2');
  });
});
