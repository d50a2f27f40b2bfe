import { setTimeout as after } from 'node:timers/promises';

/** Waits as long as asked, or until the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Holds the events of one target to a rate: `take` resolves when so many more
 * may leave. Events that were not sent for a while do not add up to a burst.
 */
export class Pacer {
  readonly #msPerEvent: number;
  readonly #now: () => number;
  readonly #sleep: typeof sleep;
  /** When the next event may leave, in epoch milliseconds. */
  #next = 0;

  constructor(eventsPerSecond: number | undefined, now: () => number, wait = sleep) {
    this.#msPerEvent = eventsPerSecond === undefined ? 0 : 1_000 / eventsPerSecond;
    this.#now = now;
    this.#sleep = wait;
  }

  /** How many events one request may hold, so that a second's worth is the most that leaves at once. */
  get mostAtOnce(): number {
    if (this.#msPerEvent === 0) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor(1_000 / this.#msPerEvent));
  }

  async take(events: number, signal: AbortSignal): Promise<void> {
    if (this.#msPerEvent === 0) return;
    const now = this.#now();
    // A clock that was set back must not hold the target up for longer than a second's worth.
    const due = Math.min(this.#next, now + 1_000 + events * this.#msPerEvent);
    const from = Math.max(due, now);
    this.#next = from + events * this.#msPerEvent;
    if (from > now) await this.#sleep(from - now, signal);
  }
}
