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
