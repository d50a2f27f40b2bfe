import pino from 'pino';
import { App, type AppOptions } from '../../src/app/app.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import type { JobWorker } from '../../src/queue/ports.js';
import { WorkerMetrics } from '../../src/workers/metrics.js';
import type { Service, WorkerKind } from '../../src/workers/service.js';
import { TroubleLog } from '../../src/workers/trouble-log.js';
import { readWorkerOptions } from '../../src/workers/worker-options.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

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
  return {
    app,
    queues,
    clock,
    stop,
    stopping: stop.signal,
    log,
    trouble: new TroubleLog(log),
    metrics: new WorkerMetrics(),
    options: readWorkerOptions('dispatch', args),
  };
}

/** Runs everything a worker of this kind can run now, once. */
export async function runIdle(kind: WorkerKind, service: Service): Promise<void> {
  const workers: JobWorker[] = [];
  for (const { queue, processor, concurrency } of await kind.serves(service))
    workers.push(service.queues.queue(queue).process(processor, { concurrency }));
  await Promise.all(workers.map((worker) => worker.whenIdle()));
  await Promise.all(workers.map((worker) => worker.close()));
}
