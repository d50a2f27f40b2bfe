import { setTimeout as delay } from 'node:timers/promises';
import { LitequeQueues } from '../queue/liteque-queue.js';
import type { Queues } from '../queue/ports.js';
import type { TroubleLog } from './trouble-log.js';

/** Milliseconds between two looks at whether jobs.db is still the file that is open. */
const LOOK_MS = 1_000;

const CANNOT_OPEN = { what: 'jobs.db was replaced, and the new one cannot be opened' };

/** Aborts once the file of these queues was replaced or removed. */
export class QueuesWatch {
  readonly #replaced = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(queues: Pick<Queues, 'isReplaced'>, everyMs = LOOK_MS) {
    this.#timer = setInterval(() => {
      if (queues.isReplaced()) this.#replaced.abort();
    }, everyMs);
  }

  get signal(): AbortSignal {
    return this.#replaced.signal;
  }

  /** Resolves when they were. */
  whenReplaced(): Promise<void> {
    const { signal } = this;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Opens jobs.db again, as often as it takes; undefined when the worker is asked to stop before. */
export async function openAgain(
  file: string,
  trouble: TroubleLog,
  stopping: AbortSignal,
): Promise<LitequeQueues | undefined> {
  while (!stopping.aborted) {
    try {
      const queues = await LitequeQueues.open(file);
      trouble.over(CANNOT_OPEN);
      return queues;
    } catch (error) {
      trouble.note(CANNOT_OPEN, error);
    }
    await delay(LOOK_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
  return undefined;
}
