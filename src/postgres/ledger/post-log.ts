import type { LoggedPost } from '../../ledger/delivery-ledger.js';
import type { PostRow } from '../../ledger/post-row.js';
import type { JournalDatabase } from '../journal-database.js';
import { storable } from '../text.js';

const LAST = 'SELECT COALESCE(max(id), 0) AS id FROM post WHERE target_id = @targetId::bigint';
const SINCE = `
  SELECT id, pass_no AS "passNo", duration_ms AS "durationMs", events, requests,
    http_status AS "httpStatus", bytes_sent AS "bytesSent", error
  FROM post WHERE target_id = @targetId::bigint AND id > @id::bigint ORDER BY id`;

/** The id of the newest post to a target; 0 before the first. */
export async function lastPost(db: JournalDatabase, targetId: number): Promise<number> {
  return (await db.get<{ id: number }>(LAST, { targetId }))?.id ?? 0;
}

/** Posts to a target with a greater id, in order. */
export function postsSince(
  db: JournalDatabase,
  targetId: number,
  id: number,
): Promise<LoggedPost[]> {
  return db.all<LoggedPost>(SINCE, { targetId, id });
}

const NO_POST = {
  startedAt: null,
  durationMs: null,
  first: null,
  last: null,
  postEvents: null,
  outcomes: null,
  httpStatus: null,
  bytesSent: null,
  error: null,
  requests: null,
};

/** A line of the log as the statements that write it take it; without one they write none. */
export function postValues(row: PostRow | undefined): Readonly<Record<string, unknown>> {
  if (row === undefined) return NO_POST;
  const { events: postEvents, error, ...others } = row;
  return { ...others, postEvents, error: storable(error) };
}
