import { halfJobsOf, halfJobsText } from './half-jobs.js';
import type { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
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
