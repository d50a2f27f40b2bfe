import type { Service, WorkerKind } from './service.js';

const SWEEP_FAILED = { what: 'the sweep failed' };

/** Runs a worker's sweep, at the start and then every interval, one at a time. */
export class Sweeper {
  readonly #kind: WorkerKind;
  readonly #service: Service;
  readonly #after: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** `after` each sweep, whether it went well or not. */
  constructor(kind: WorkerKind, service: Service, after: () => Promise<void>) {
    this.#kind = kind;
    this.#service = service;
    this.#after = after;
  }

  /** Trouble is logged: the next sweep tries again. */
  sweep(): Promise<void> {
    const { trouble } = this.#service;
    this.#running ??= Promise.resolve(this.#kind.sweep?.(this.#service))
      .then(() => trouble.over(SWEEP_FAILED))
      .catch((error: unknown) => trouble.note(SWEEP_FAILED, error))
      .then(this.#after)
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  start(): void {
    if (this.#kind.sweep === undefined) return;
    this.#timer = setInterval(() => this.sweep(), this.#service.options.sweepInterval);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
