import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { plainMessage } from '../files/trouble.js';
import { LockLostError } from '../queue/errors.js';
import { type JobWorker, type Processor, type RunningJob, WithWarning } from '../queue/ports.js';
import { exitCodeOf } from './job-outcome.js';
import type { Serving } from './presence.js';
import type { ServedQueue, Service, WorkerKind } from './service.js';

/**
 * How many workers may vanish under a job before it is failed. Far more than
 * BullMQ's one: a machine that kills workers is not a fault of the job, running it
 * again is harmless, and each time costs a whole lock.
 */
const MAX_STALLED = 100;
/** A pass from cron gives up when jobs.db cannot be used so often in a row. */
const MOST_TRIES_ONCE = 3;

interface Served {
  readonly from: ServedQueue;
  readonly worker: JobWorker;
}

/** The queues that one worker process serves, and what came of their jobs. */
export class ServedQueues {
  readonly #kind: WorkerKind;
  readonly #service: Service;
  readonly #served = new Map<string, Served>();
  readonly #codes = new Set<ExitCode>();
  readonly #unusable = new AbortController();

  constructor(kind: WorkerKind, service: Service) {
    this.#kind = kind;
    this.#service = service;
  }

  /** What the commands would have exited with that did the same as the jobs. */
  get exitCodes(): readonly ExitCode[] {
    return [...this.#codes];
  }

  /** Queues of which jobs are taken now. */
  get serving(): Serving {
    const open = [...this.#served.values()].filter(({ from }) => from.takes?.() !== false);
    return { queues: open.map(({ from }) => from.queue), targets: this.#service.targets.ids };
  }

  /** What keeps it from its queues; undefined when nothing does. */
  get trouble(): string | undefined {
    for (const { worker } of this.#served.values())
      if (worker.trouble !== undefined) return plainMessage(worker.trouble.error);
    return undefined;
  }

  /** Serves what is to be served and is not yet. */
  async refresh(): Promise<void> {
    for (const from of await this.#kind.serves(this.#service))
      if (!this.#served.has(from.queue))
        this.#served.set(from.queue, { from, worker: this.#start(from) });
  }

  /** Resolves when there is nothing left to do, or when jobs.db cannot be used. */
  async whenIdle(): Promise<void> {
    const idle = [...this.#served.values()].map(({ worker }) => worker.whenIdle());
    const { signal } = this.#unusable;
    const unusable = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(idle), unusable]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#served.values()].map(({ worker }) => worker.close()));
  }

  #start({ queue, processor, concurrency, takes }: ServedQueue): JobWorker {
    const { queues, options, log, metrics, trouble } = this.#service;
    const kind = { what: 'trouble with the queue', fields: { queue } };
    return queues.queue(queue).process(this.#counted(queue, processor), {
      concurrency,
      lockDuration: options.lockDuration,
      maxStalledCount: MAX_STALLED,
      ...(takes === undefined ? {} : { takes }),
      onTrouble: (error) => {
        if (error instanceof LockLostError) log.warn({ queue, job: error.jobId }, error.message);
        else trouble.note(kind, error);
        this.#judge();
      },
      onRecovered: () => trouble.over(kind),
      onRepaired: (what) => {
        metrics.repaired(queue);
        log.warn({ queue }, `found and repaired: ${what}`);
      },
    });
  }

  #judge(): void {
    for (const { worker } of this.#served.values())
      if ((worker.trouble?.times ?? 0) >= MOST_TRIES_ONCE) {
        this.#codes.add(EXIT.internal);
        this.#unusable.abort();
      }
  }

  #counted(queue: string, processor: Processor): Processor {
    const { metrics } = this.#service;
    return async (job: RunningJob) => {
      const from = performance.now();
      const seconds = (): number => (performance.now() - from) / 1000;
      try {
        const result = await processor(job);
        metrics.jobEnded(queue, 'completed', seconds());
        if (result instanceof WithWarning) this.#warn(job, result);
        return result;
      } catch (error) {
        const { name, message } = error as Error;
        const putOff = name === 'DelayedError';
        metrics.jobEnded(queue, putOff ? 'put_off' : 'failed', seconds());
        this.#note(error);
        const fields = { queue, job: job.id, attempt: job.attemptsMade + 1, error: name };
        this.#service.log[putOff ? 'info' : 'warn'](fields, message);
        throw error;
      }
    };
  }

  #warn({ id, queue }: RunningJob, result: WithWarning): void {
    const { cause, message } = result.warning;
    this.#service.metrics.jobWarned(queue, cause);
    this.#note(result);
    this.#service.log.warn({ queue, job: id, cause }, message);
  }

  #note(ended: unknown): void {
    const code = exitCodeOf(ended);
    if (code !== EXIT.done) this.#codes.add(code);
  }
}
