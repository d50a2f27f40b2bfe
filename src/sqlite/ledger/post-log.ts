import type { LoggedPost } from '../../ledger/delivery-ledger.js';
import type { PostRow } from '../../ledger/post-row.js';
import type { JournalDatabase } from '../journal-database.js';
import { LOG_POST } from './settle.sql.js';

const LAST = 'SELECT COALESCE(max(id), 0) AS id FROM post WHERE target_id = ?';
const SINCE = `
  SELECT id, pass_no AS passNo, duration_ms AS durationMs, events, requests, http_status AS httpStatus,
    bytes_sent AS bytesSent, error
  FROM post WHERE target_id = ? AND id > ? ORDER BY id`;

/** The id of the newest post to a target; 0 before the first. */
export function lastPost(db: JournalDatabase, targetId: number): number {
  return (db.statement(LAST).get(targetId) as { id: number }).id;
}

/** Posts to a target with a greater id, in order. */
export function postsSince(db: JournalDatabase, targetId: number, id: number): LoggedPost[] {
  return db.statement(SINCE).all(targetId, id) as LoggedPost[];
}

/** Writes one post, within the transaction that settles it. */
export function logPost(db: JournalDatabase, pass: PassOf, row: PostRow): void {
  db.statement(LOG_POST).run({ ...pass, ...row });
}

/** The pass that posted. */
export interface PassOf {
  readonly targetId: number;
  readonly passNo: number;
}
