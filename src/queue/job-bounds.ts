import { JobStateError } from './errors.js';
import type { Backoff, JobOptions } from './job.js';

/** The longest wait that is accepted anywhere, ten years: what is stored can be shown. */
export const LONGEST_WAIT_MS = 3650 * 86_400_000;

/** @throws JobStateError for a wait that no clock can keep, or an invalid number. */
export function assertBounds({ delay, deduplication, attempts, priority, backoff }: JobOptions) {
  assertWait('delay', delay);
  assertWait('deduplication.ttl', deduplication?.ttl);
  assertWait('backoff', (backoff as Backoff | undefined)?.delay ?? (backoff as number | undefined));
  assertCount('attempts', attempts, 1);
  assertCount('priority', priority, 0);
}

function assertWait(name: string, ms: number | undefined): void {
  if (ms === undefined || (ms >= 0 && ms <= LONGEST_WAIT_MS)) return;
  throw new JobStateError(
    `${name} must be a number of milliseconds from 0 to ${LONGEST_WAIT_MS} (3650 days): ${ms}`,
  );
}

function assertCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new JobStateError(`${name} must be a whole number from ${least}: ${value}`);
}
