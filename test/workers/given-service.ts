import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import pino from 'pino';
import { App, type AppOptions } from '../../src/app/app.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import type { JobWorker, WorkerRecord } from '../../src/queue/ports.js';
import { WorkerMetrics } from '../../src/workers/metrics.js';
import type { Service, WorkerKind } from '../../src/workers/service.js';
import { loggedTargets } from '../../src/workers/target-changes-log.js';
import { TroubleLog } from '../../src/workers/trouble-log.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { readWorkerOptions } from './read-worker-options.js';

export interface GivenService extends Service {
  /** What the process would be told by SIGTERM. */
  readonly stop: AbortController;
  readonly clock: { now: number };
}

/** Everything the logic of a worker works with, on a home and a clock of its own. */
export async function givenService(
  home = temporaryHome(),
  args: readonly string[] = [],
  more: Partial<AppOptions> = {},
): Promise<GivenService> {
  const clock = { now: Date.UTC(2026, 0, 5, 12) };
  const now = () => clock.now;
  const app = new App({ home, env: {}, now, random: () => 0.5, ...more });
  closeAfterTest(() => app.close());
  const queues = await LitequeQueues.open(app.paths.jobsDb, { clock: { now }, random: () => 0.5 });
  closeAfterTest(() => queues.close());
  const stop = new AbortController();
  const log = pino({ level: 'silent' });
  const metrics = new WorkerMetrics();
  const options = readWorkerOptions('dispatch', args);
  return {
    app,
    queues,
    clock,
    stop,
    stopping: stop.signal,
    log,
    trouble: new TroubleLog(log),
    metrics,
    targets: loggedTargets(app, options.allTargets ? 'all' : options.target, log, metrics),
    options,
  };
}

/** Runs everything a worker of this kind can run now, once. */
export async function runIdle(kind: WorkerKind, service: Service): Promise<void> {
  const workers: JobWorker[] = [];
  for (const { queue, processor, ...options } of await kind.serves(service))
    workers.push(service.queues.queue(queue).process(processor, options));
  await Promise.all(workers.map((worker) => worker.whenIdle()));
  await Promise.all(workers.map((worker) => worker.close()));
}

/** Enters a worker into jobs.db, as one of this process unless told otherwise. */
export function announceWorker(
  { queues, app }: GivenService,
  more: Partial<Omit<WorkerRecord, 'seenAt'>>,
): Promise<void> {
  const startedAt = app.now();
  const here = { id: randomUUID(), kind: 'dispatch', host: hostname(), pid: process.pid };
  return queues.announce({ ...here, startedAt, queues: [], targets: [], ...more });
}

/** Of a process that has ended. */
export function pidOfDead(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    child.on('exit', () => resolve(child.pid as number));
  });
}
