import type { Backoff } from './job.js';

/** The longest pause between two attempts: a day. */
const CAP_MS = 86_400_000;

/**
 * Milliseconds before the next attempt, after `attemptsMade` of them failed.
 * `random` is uniform in [0, 1). Without a backoff the next attempt is due at once.
 */
export function backoffDelay(
  backoff: number | Backoff | undefined,
  attemptsMade: number,
  random: () => number,
): number {
  if (backoff === undefined) return 0;
  const {
    type,
    delay,
    jitter = 0,
  }: Backoff = typeof backoff === 'number' ? { type: 'fixed', delay: backoff } : backoff;
  const growth = type === 'exponential' ? 2 ** Math.min(Math.max(attemptsMade - 1, 0), 30) : 1;
  const pause = Math.min(CAP_MS, delay * growth);
  return Math.round(pause * (1 - jitter) + pause * jitter * random());
}

/** The first pause after trouble, in milliseconds. */
const FIRST_MS = 100;
/** The longest, so that work goes on soon after the trouble is over. */
const LONGEST_MS = 5_000;
/** Something was written meanwhile: the trouble may be over. No more often than this. */
const LEAST_MS = 1_000;

/** The pauses between attempts while trouble lasts: each is twice the one before, less a random part. */
export class GrowingPause {
  readonly #uptime: () => number;
  readonly #random: () => number;
  #times = 0;
  #failedAt = 0;
  #until = 0;

  /** `uptime` in milliseconds, of a clock that nobody sets; `random` uniform in [0, 1). */
  constructor(uptime: () => number, random: () => number) {
    this.#uptime = uptime;
    this.#random = random;
  }

  /** How often it failed in a row. */
  get times(): number {
    return this.#times;
  }

  failed(): void {
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#times, 20));
    this.#times += 1;
    this.#failedAt = this.#uptime();
    this.#until = this.#failedAt + full * (1 - this.#random() / 2);
  }

  succeeded(): void {
    this.#times = 0;
    this.#until = 0;
  }

  /** True while nothing is to be tried. `changed`: somebody else could write. */
  lasts(changed: boolean): boolean {
    if (this.#times === 0) return false;
    const now = this.#uptime();
    return now < (changed ? Math.min(this.#until, this.#failedAt + LEAST_MS) : this.#until);
  }
}
