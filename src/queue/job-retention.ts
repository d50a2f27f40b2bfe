import type { KeepJobs } from './job.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';

/**
 * Lets go of finished jobs as the one that just finished asks, inside the
 * caller's transaction. The age is checked then only: no clock runs for it.
 */
export function keepFinished(
  db: JobsDatabase,
  queue: string,
  state: 'completed' | 'failed',
  keep: KeepJobs | undefined,
  now: number,
): void {
  const { age, count } = limitsOf(keep);
  if (age !== undefined) db.statement(sql.DROP_OLD).run(queue, state, now - age * 1000);
  if (count !== undefined) db.statement(sql.DROP_SURPLUS).run(queue, state, count);
}

function limitsOf(keep: KeepJobs | undefined): { age?: number; count?: number } {
  if (keep === undefined || keep === false) return {};
  if (keep === true) return { count: 0 };
  return typeof keep === 'number' ? { count: keep } : keep;
}
