import { CommanderError } from 'commander';
import { App } from '../app/app.js';
import { LockLostError } from '../queue/errors.js';
import { LitequeQueues } from '../queue/liteque-queue.js';
import type { JobWorker, Processor, RunningJob } from '../queue/ports.js';
import { WorkerMetrics } from './metrics.js';
import { logProcessTrouble } from './process-trouble.js';
import type { ReadinessCheck } from './readiness.js';
import type { ServedQueue, Service, WorkerKind } from './service.js';
import { atTerminal, onSignals, type StopSignals } from './signals.js';
import { Sweeper } from './sweeper.js';
import { TroubleLog } from './trouble-log.js';
import { WorkerHealth } from './worker-health.js';
import { type WorkerLog, workerLog } from './worker-log.js';
import { readWorkerOptions, type WorkerOptions } from './worker-options.js';

const EXIT = { done: 0, internal: 1, failures: 7, usage: 64 } as const;

/**
 * How many workers may vanish under a job before it is failed. Far more than
 * BullMQ's one: a machine that kills workers is no fault of the job, running it
 * again is harmless, and each time costs a whole lock.
 */
const MAX_STALLED = 100;

/** One worker process from its command line to its exit code. */
export async function runWorker(
  kind: WorkerKind,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  let options: WorkerOptions;
  try {
    options = readWorkerOptions(kind.name, argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  return new WorkerProcess(kind, options, env).run();
}

/** The life of a worker: open, serve, sweep, stop in order. */
class WorkerProcess {
  readonly #kind: WorkerKind;
  readonly #options: WorkerOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #worker: WorkerLog;
  readonly #metrics: WorkerMetrics;
  #failures = 0;

  constructor(kind: WorkerKind, options: WorkerOptions, env: NodeJS.ProcessEnv) {
    this.#kind = kind;
    this.#options = options;
    this.#env = env;
    this.#worker = workerLog(kind.name, options.logLevel);
    this.#metrics = new WorkerMetrics(() => this.#worker.dropped());
  }

  async run(): Promise<number> {
    const forget = logProcessTrouble(this.#worker);
    const signals = onSignals(this.#worker, {
      graceMs: this.#options.grace,
      atTerminal: atTerminal(),
    });
    try {
      await this.#work(signals);
      return this.#options.once && this.#failures > 0 ? EXIT.failures : EXIT.done;
    } catch (error) {
      this.#worker.log.fatal({ err: error }, 'the worker cannot go on');
      return isUsage(error) ? EXIT.usage : EXIT.internal;
    } finally {
      signals.done();
      forget();
      await this.#worker.end();
    }
  }

  async #work({ stopping, asked }: StopSignals): Promise<void> {
    const { home, unsafeHome, metricsPort } = this.#options;
    const app = new App({ home, unsafeHome: unsafeHome === true, env: this.#env });
    const health = new WorkerHealth({ app, metrics: this.#metrics, stopping });
    try {
      if (metricsPort !== undefined) await health.listen(metricsPort);
      const queues = await LitequeQueues.open(app.paths.jobsDb);
      const service = this.#service(app, queues, stopping);
      await this.#serve(service, health, asked).finally(() => queues.close());
    } finally {
      await health.close();
      await app.close();
    }
  }

  #service(app: App, queues: LitequeQueues, stopping: AbortSignal): Service {
    const { log } = this.#worker;
    const trouble = new TroubleLog(log);
    return { app, queues, log, trouble, metrics: this.#metrics, stopping, options: this.#options };
  }

  async #serve(service: Service, health: WorkerHealth, asked: Promise<void>): Promise<void> {
    const served = await this.#kind.serves(service);
    const sweeper = new Sweeper(this.#kind, service);
    // What the sweep finds on its own is there before anybody looks for an idle queue.
    await sweeper.sweep();
    const workers = served.map((one) => this.#start(service, one));
    const queues = served.map(({ queue }) => queue);
    health.serves(service, readinessChecks(service));
    service.log.info({ queues, metrics_port: health.port }, 'ready');
    if (this.#options.once) await Promise.race([asked, allIdle(workers)]);
    else {
      sweeper.start();
      await asked;
    }
    await sweeper.stop();
    await Promise.all(workers.map((worker) => worker.close()));
    service.log.info('stopped');
  }

  #start(service: Service, { queue, processor, concurrency }: ServedQueue): JobWorker {
    return service.queues.queue(queue).process(this.#counted(service, queue, processor), {
      concurrency,
      lockDuration: this.#options.lockDuration,
      maxStalledCount: MAX_STALLED,
      onTrouble: (error) => logTrouble(service, queue, error),
    });
  }

  #counted(service: Service, queue: string, processor: Processor): Processor {
    return async (job: RunningJob) => {
      try {
        const result = await processor(job);
        this.#metrics.jobEnded(queue, 'completed');
        return result;
      } catch (error) {
        const { name, message } = error as Error;
        const putOff = name === 'DelayedError';
        this.#metrics.jobEnded(queue, putOff ? 'put_off' : 'failed');
        if (!putOff) this.#failures += 1;
        const fields = { queue, job: job.id, attempt: job.attemptsMade + 1, error: name };
        service.log[putOff ? 'info' : 'warn'](fields, message);
        throw error;
      }
    };
  }
}

/** What this worker needs to do its work, as `/readyz` tells it. */
function readinessChecks({ app, queues }: Service): ReadinessCheck[] {
  return [
    { name: 'journal', reason: () => app.stores().then(() => undefined) },
    { name: 'jobs', reason: () => queues.names().then(() => undefined) },
  ];
}

async function allIdle(workers: readonly JobWorker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.whenIdle()));
}

function logTrouble({ log, trouble }: Service, queue: string, error: unknown): void {
  if (error instanceof LockLostError) log.warn({ queue, job: error.jobId }, error.message);
  else trouble.note({ what: 'trouble with the queue', fields: { queue } }, error);
}

function isUsage(error: unknown): boolean {
  return /^(UnknownTarget|RetiredTarget|NetworkHome)/.test((error as Error).name);
}
