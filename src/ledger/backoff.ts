const BASE_MS = 2_000;
const CAP_MS = 3_600_000;

/**
 * Milliseconds to wait before try number `tries` + 1: exponential with full
 * jitter, so that many events that failed together do not come back together
 * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
export function backoffMs(tries: number, random: () => number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(Math.max(tries - 1, 0), 30));
  return Math.max(1, Math.ceil(random() * ceiling));
}
