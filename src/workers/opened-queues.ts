import { setTimeout as delay } from 'node:timers/promises';
import { plainMessage } from '../files/trouble.js';
import type { Queues } from '../queue/ports.js';
import type { TroubleLog } from './trouble-log.js';

/** Milliseconds between two looks at whether jobs.db is still the file that is open. */
const LOOK_MS = 1_000;

const CANNOT_OPEN = { what: 'the job queue cannot be opened' };

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

/** Milliseconds between two attempts to open the queues: each pause is twice the one before. */
const PAUSE_MS = { first: 1_000, longest: 30_000 };

/** What opens queues, and who is told of the trouble. */
export interface Opening {
  open(): Promise<Queues>;
  readonly trouble: TroubleLog;
  readonly stopping: AbortSignal;
  /** Whether another attempt may go better; the error is thrown where it says no. */
  mayPass(error: unknown): boolean;
  /** Hears why they cannot be opened; undefined: they can. */
  onReason?(reason: string | undefined): void;
}

/** Opens the queues, as often as it takes; undefined when the worker is asked to stop before. */
export async function openQueuesAtLast(opening: Opening): Promise<Queues | undefined> {
  const { open, trouble, stopping, mayPass, onReason } = opening;
  for (let pause = PAUSE_MS.first; !stopping.aborted; pause *= 2) {
    try {
      const queues = await open();
      trouble.over(CANNOT_OPEN);
      onReason?.(undefined);
      return queues;
    } catch (error) {
      if (!mayPass(error)) throw error;
      trouble.note(CANNOT_OPEN, error);
      onReason?.(plainMessage(error));
    }
    const ms = Math.min(pause, PAUSE_MS.longest);
    await delay(ms, undefined, { signal: stopping }).catch(() => undefined);
  }
  return undefined;
}
