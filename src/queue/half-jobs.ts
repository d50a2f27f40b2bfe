import type { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';

/** Rows of one queue that lack the other half of their job. */
export interface HalfJobs {
  /** Waiting jobs that no worker can take: they have no task. */
  readonly withoutTask: number;
  /** Tasks of jobs that are gone, or that neither wait nor run. */
  readonly withoutJob: number;
  /** Deduplication ids that are held by jobs which are gone or done. */
  readonly strayDedup: number;
}

/** Counts them. Changes nothing. */
export function halfJobsOf(db: JobsDatabase, queue: string): HalfJobs {
  return db.statement(sql.COUNT_HALVES).get({ queue }) as HalfJobs;
}

/**
 * Makes job and task agree again, inside the caller's transaction; the job
 * decides. A job that waits without a task would wait forever, and every later
 * one with its deduplication id would be taken for it.
 */
export function repairHalfJobs({ db, queue, tasks }: JobStore): void {
  db.statement(sql.DROP_STRAY_TASKS).run({ queue });
  db.statement(sql.DROP_STRAY_DEDUP).run({ queue });
  const rows = db.statement(sql.WAITING_WITHOUT_TASK).all({ queue });
  for (const row of rows as { id: string; priority: number }[]) tasks.put(row);
}

/** One sentence; undefined when there is none. */
export function halfJobsText({ withoutTask, withoutJob, strayDedup }: HalfJobs) {
  const parts: string[] = [];
  if (withoutTask > 0) parts.push(`${withoutTask} waiting without a task`);
  if (withoutJob > 0) parts.push(`${withoutJob} tasks without a job`);
  if (strayDedup > 0) parts.push(`${strayDedup} deduplication ids without a job`);
  return parts.length === 0 ? undefined : `halves of jobs: ${parts.join(', ')}`;
}
