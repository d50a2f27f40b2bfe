import { toJson } from './job-row.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { JobEventName } from './ports.js';

/** Events kept for listeners that are slow to look. */
const RING = 10_000;
/** How many are added between two trims. */
const TRIM_EVERY = 500;

/** Writes an event down, inside the caller's transaction: what is told has happened. */
export function logEvent(
  db: JobsDatabase,
  queue: string,
  event: JobEventName,
  jobId: string,
  detail?: unknown,
): void {
  const text = detail === undefined ? null : toJson(detail);
  const { lastInsertRowid } = db.statement(sql.LOG_EVENT).run(queue, event, jobId, text);
  const id = Number(lastInsertRowid);
  if (id % TRIM_EVERY === 0) db.statement(sql.TRIM_EVENTS).run(id - RING);
}
