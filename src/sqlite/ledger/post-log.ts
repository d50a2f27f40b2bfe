import type { JournalDatabase } from '../journal-database.js';

/** The error of a post whose sender died: it is dated by its start, and lasts until it was found. */
export const INTERRUPTED = 'interrupted before its result was recorded: it may have arrived';

/** One line of the dispatch log, as a worker's own log and metrics want it. */
export interface LoggedPost {
  readonly id: number;
  readonly passNo: number;
  readonly durationMs: number;
  readonly events: number;
  readonly httpStatus: number | null;
  readonly bytesSent: number;
  /** Free of secrets, as everything a receiver reports. */
  readonly error: string | null;
}

const LAST = 'SELECT COALESCE(max(id), 0) AS id FROM post WHERE target_id = ?';
const SINCE = `
  SELECT id, pass_no AS passNo, duration_ms AS durationMs, events, http_status AS httpStatus,
    bytes_sent AS bytesSent, error
  FROM post WHERE target_id = ? AND id > ? ORDER BY id`;

/** The number of the newest post to a target; 0 before the first. */
export function lastPost(db: JournalDatabase, targetId: number): number {
  return (db.statement(LAST).get(targetId) as { id: number }).id;
}

/** Posts to a target after that one, in order. */
export function postsSince(db: JournalDatabase, targetId: number, id: number): LoggedPost[] {
  return db.statement(SINCE).all(targetId, id) as LoggedPost[];
}
