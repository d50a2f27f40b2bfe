import type { Logger } from 'pino';
import type { App } from '../app/app.js';
import type { Processor, Queues } from '../queue/ports.js';
import type { WorkerMetrics } from './metrics.js';
import type { ServedTargets } from './served-targets.js';
import type { TroubleLog } from './trouble-log.js';
import type { WorkerOptions } from './worker-options.js';

/** What the logic of a worker works with. */
export interface Service {
  readonly app: App;
  readonly queues: Queues;
  readonly log: Logger;
  /** For trouble that may last: logged when it begins, once a minute, and when it is over. */
  readonly trouble: TroubleLog;
  readonly metrics: WorkerMetrics;
  /** Of a dispatch worker: what became of each target that it was started for. */
  readonly targets: ServedTargets;
  /** Aborts when the process is asked to stop: finish what is in flight, then come back. */
  readonly stopping: AbortSignal;
  readonly options: WorkerOptions;
}

/** One queue that a worker serves. */
export interface ServedQueue {
  readonly queue: string;
  readonly processor: Processor;
  readonly concurrency: number;
  /** Whether jobs are to be taken now; always when it is left out. */
  takes?(): boolean;
}

/** Looks for work from `start` to `stop`. */
export interface Watch {
  start(): void;
  stop(): Promise<void>;
}

export const WORKER_NAMES = ['capture', 'dispatch', 'migrate', 'gc'] as const;

/** One kind of worker: what it serves, and what it looks for by itself. */
export interface WorkerKind {
  readonly name: (typeof WORKER_NAMES)[number];
  readonly defaultConcurrency: number;
  /** Asked at the start and after every sweep: what is new then is served too. */
  serves(service: Service): Promise<readonly ServedQueue[]>;
  /** At the start and then every sweep interval: what nobody told this worker of. */
  sweep?(service: Service): Promise<void>;
  /** Between the sweeps: work as it comes up. `onConfig` asks for a sweep, as config.toml has changed. */
  watch?(service: Service, onConfig: () => void): Watch;
}
