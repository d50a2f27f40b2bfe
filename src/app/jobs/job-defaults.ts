import type { Deduplication, JobOptions } from '../../queue/job.js';

const DAY_SECONDS = 86_400;

/** Tried for about an hour, then failed and visible; what is owed stays owed in the ledger. */
const TRIED = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 5_000, jitter: 0.5 },
} as const satisfies JobOptions;

/** Finished jobs go after a day, failed ones after a month. */
const KEPT = {
  removeOnComplete: { age: DAY_SECONDS, count: 1_000 },
  removeOnFail: { age: 30 * DAY_SECONDS, count: 1_000 },
} as const satisfies JobOptions;

/** A failed capture job may be all that is left of its events: it stays until somebody removes it. */
export const CAPTURE_OPTIONS: JobOptions = { ...TRIED, ...KEPT, removeOnFail: false };
export const DISPATCH_OPTIONS: JobOptions = { ...TRIED, ...KEPT };
export const MIGRATE_OPTIONS: JobOptions = { ...TRIED, ...KEPT, attempts: 3 };
export const GC_OPTIONS: JobOptions = { ...TRIED, ...KEPT, attempts: 3 };

/**
 * At most one waiting drain of a queue: more would find nothing left to do.
 * One that runs does not count, as it may have started too early.
 */
export const ONE_WAITING: Deduplication = { id: 'drain', keepLastIfActive: true };
