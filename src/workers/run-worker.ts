import { CommanderError } from 'commander';
import { App } from '../app/app.js';
import { LockLostError } from '../queue/errors.js';
import { LitequeQueues } from '../queue/liteque-queue.js';
import type { JobWorker, Processor, RunningJob } from '../queue/ports.js';
import { HealthServer } from './health-server.js';
import { HomeGauges } from './home-gauges.js';
import { WorkerMetrics } from './metrics.js';
import type { ServedQueue, Service, WorkerKind } from './service.js';
import { onStopSignals } from './stop-signals.js';
import { Sweeper } from './sweeper.js';
import { workerLog } from './worker-log.js';
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
  readonly #metrics = new WorkerMetrics();
  #failures = 0;

  constructor(kind: WorkerKind, options: WorkerOptions, env: NodeJS.ProcessEnv) {
    this.#kind = kind;
    this.#options = options;
    this.#env = env;
  }

  async run(): Promise<number> {
    const { home, unsafeHome, logLevel, grace, once } = this.#options;
    const log = workerLog(this.#kind.name, logLevel);
    const signals = onStopSignals(log, grace);
    const app = new App({ home, unsafeHome: unsafeHome === true, env: this.#env });
    try {
      const queues = await LitequeQueues.open(app.paths.jobsDb);
      const { stopping } = signals;
      const options = this.#options;
      const service = { app, queues, log, metrics: this.#metrics, stopping, options };
      await this.#serve(service, signals.asked).finally(() => queues.close());
      return once && this.#failures > 0 ? EXIT.failures : EXIT.done;
    } catch (error) {
      log.fatal({ err: error }, 'the worker cannot go on');
      return isUsage(error) ? EXIT.usage : EXIT.internal;
    } finally {
      await app.close();
      signals.done();
    }
  }

  async #serve(service: Service, asked: Promise<void>): Promise<void> {
    const served = await this.#kind.serves(service);
    const health = await this.#startHealth(service);
    const sweeper = new Sweeper(this.#kind, service);
    // What the sweep finds on its own is there before anybody looks for an idle queue.
    await sweeper.sweep();
    const workers = served.map((one) => this.#start(service, one));
    const queues = served.map(({ queue }) => queue);
    service.log.info({ queues, metrics_port: health?.port ?? null }, 'ready');
    if (this.#options.once) await Promise.race([asked, allIdle(workers)]);
    else {
      sweeper.start();
      await asked;
    }
    await sweeper.stop();
    await Promise.all(workers.map((worker) => worker.close()));
    await health?.close();
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

  async #startHealth({ app, queues, stopping }: Service): Promise<HealthServer | undefined> {
    const { metricsPort } = this.#options;
    if (metricsPort === undefined) return undefined;
    const gauges = new HomeGauges(this.#metrics.registry, app, queues);
    return HealthServer.start(metricsPort, {
      notReady: async () => {
        if (stopping.aborted) return 'stopping';
        return app
          .stores()
          .then(() => queues.names())
          .then(() => undefined)
          .catch((error: Error) => error.message);
      },
      metrics: async () => {
        await gauges.refresh();
        const { registry } = this.#metrics;
        return { type: registry.contentType, text: await registry.metrics() };
      },
    });
  }
}

async function allIdle(workers: readonly JobWorker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.whenIdle()));
}

function logTrouble({ log }: Service, queue: string, error: unknown): void {
  if (error instanceof LockLostError) log.warn({ queue, job: error.jobId }, error.message);
  else log.error({ queue, err: error }, 'trouble with the queue');
}

function isUsage(error: unknown): boolean {
  return /^(UnknownTarget|RetiredTarget|NetworkHome)/.test((error as Error).name);
}
