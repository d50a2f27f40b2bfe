import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { HEARTBEAT_MS } from '../app/jobs/live-workers.js';
import type { Service, WorkerKind } from './service.js';

const NOT_SAID = { what: 'this worker cannot be entered in the job queue' };

/** What a worker serves now. */
export interface Serving {
  readonly queues: readonly string[];
  readonly targets: readonly number[];
}

/** Says again and again that this worker is there, so that others know which queues are served. */
export class Presence {
  readonly #service: Service;
  readonly #serving: () => Serving;
  readonly #who: { id: string; kind: string; host: string; pid: number; startedAt: number };
  #timer: NodeJS.Timeout | undefined;

  constructor(kind: WorkerKind, service: Service, serving: () => Serving) {
    this.#service = service;
    this.#serving = serving;
    this.#who = {
      id: randomUUID(),
      kind: kind.name,
      host: hostname(),
      pid: process.pid,
      startedAt: service.app.now(),
    };
  }

  start(): void {
    this.#timer = setInterval(() => void this.say(), HEARTBEAT_MS);
  }

  /** At once, when something has changed. Trouble is logged, and the next time tries again. */
  async say(): Promise<void> {
    const { queues, trouble } = this.#service;
    await queues.announce({ ...this.#who, ...this.#serving() }).then(
      () => trouble.over(NOT_SAID),
      (error: unknown) => trouble.note(NOT_SAID, error),
    );
  }

  /** A row that cannot be deleted says less with every second. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#service.queues.forget(this.#who.id).catch(() => undefined);
  }
}
