/** The longest of each kind of wait, in milliseconds. Everything else follows from these. */
export interface WaitCaps {
  /** Between two tries of one event. */
  readonly backoffMs: number;
  /** Of an open circuit. */
  readonly circuitMs: number;
  /** Asked for by a server (Retry-After): a longer one is cut to this. */
  readonly retryAfterMs: number;
}

const BACKOFF_BASE_MS = 2_000;
const CIRCUIT_LEAST_MS = 1_000;
const CIRCUIT_BASE_MS = 5_000;

/** How long a drain waits before it tries something again. Pure. */
export class Waits {
  readonly #caps: WaitCaps;

  constructor(caps: WaitCaps) {
    this.#caps = caps;
  }

  /** No wait is longer: one that is was written by a clock that has been set back since. */
  get longestMs(): number {
    const { backoffMs, circuitMs, retryAfterMs } = this.#caps;
    return Math.max(backoffMs, CIRCUIT_LEAST_MS + circuitMs, retryAfterMs);
  }

  /**
   * Before try number `tries` + 1 of an event: exponential with full jitter, so
   * that many events that failed together do not come back together (Brooker,
   * "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
   */
  backoffMs(tries: number, random: () => number): number {
    const steps = Math.min(Math.max(tries - 1, 0), 30);
    const ceiling = Math.min(this.#caps.backoffMs, BACKOFF_BASE_MS * 2 ** steps);
    return Math.max(1, Math.ceil(random() * ceiling));
  }

  /** How long a circuit stays open after so many failures beyond the first that opened it. */
  circuitMs(further: number, random: () => number): number {
    const ceiling = Math.min(this.#caps.circuitMs, CIRCUIT_BASE_MS * 2 ** Math.min(further, 20));
    return CIRCUIT_LEAST_MS + Math.ceil(random() * ceiling);
  }

  /** What of a server's Retry-After is honoured. */
  retryAfterMs(asked: number): number {
    return Math.min(asked, this.#caps.retryAfterMs);
  }

  /** Until when to wait, in epoch milliseconds; null for a wait that is over, or that nobody can have meant. */
  standing(until: number | null, now: number): number | null {
    return until !== null && until > now && until - now <= this.longestMs ? until : null;
  }
}

/** The waits in force. To change one, change it here and nowhere else. */
export const WAITS = new Waits({
  backoffMs: 3_600_000,
  circuitMs: 600_000,
  retryAfterMs: 3_600_000,
});
