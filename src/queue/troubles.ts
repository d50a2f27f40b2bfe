import type { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { QueueTroubles } from './ports.js';

/** Causes that a report names; there are rarely more. */
const MOST_CAUSES = 10;

/** Costs as much as there are failed jobs, jobs with a warning and jobs that wait. */
export function troublesOf({ db, queue }: JobStore): QueueTroubles {
  return {
    failed: db.statement(sql.FAILED_CAUSES).all(queue, MOST_CAUSES).map(causeOf),
    warnings: db
      .statement(sql.WARNING_CAUSES)
      .all(queue, MOST_CAUSES)
      .map((row) => ({ ...causeOf(row), message: String((row as { message: string }).message) })),
    halves: halfJobsText(halfJobsOf(db, queue)),
  };
}

function causeOf(row: unknown): { cause: string; jobs: number } {
  const { cause, jobs } = row as { cause: string; jobs: number };
  return { cause, jobs };
}

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
