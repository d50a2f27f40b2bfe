import type { Pass, PostRecord } from '../../dispatch/ports.js';
import { INTERRUPTED, type LoggedPost } from '../../ledger/delivery-ledger.js';
import { fromRanges, type SeqRanges, toRanges } from '../../ledger/seq-ranges.js';
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
export function logPost(db: JournalDatabase, pass: Pass, post: PostRecord): void {
  const seqs = post.events.map((event) => event.seq);
  const { report } = post;
  db.statement(LOG_POST).run(
    pass.lease.targetId,
    pass.passNo,
    post.startedAt,
    post.durationMs,
    Math.min(...seqs),
    Math.max(...seqs),
    seqs.length,
    JSON.stringify(outcomeRanges(post)),
    report.httpStatus,
    report.bytesSent,
    report.error ?? null,
    post.requests ?? 1,
  );
}

/** Writes a post whose sender died: from its start to now, as it is not known when it ended. */
export function logInterruption(
  db: JournalDatabase,
  { targetId, passNo }: { readonly targetId: number; readonly passNo: number },
  flight: { readonly seqs: string; readonly startedAt: number },
  now: number,
): void {
  const ranges = JSON.parse(flight.seqs) as SeqRanges;
  const events = fromRanges(ranges).length;
  const first = ranges[0]?.[0] ?? 0;
  const last = ranges.at(-1)?.[1] ?? 0;
  const outcomes = JSON.stringify({ transient: ranges });
  // A clock that was set back since says nothing of how long it took.
  const startedAt = Math.min(flight.startedAt, now);
  const took = now - startedAt;
  db.statement(LOG_POST).run(
    targetId,
    passNo,
    startedAt,
    took,
    first,
    last,
    events,
    outcomes,
    null,
    0,
    INTERRUPTED,
    1,
  );
}

/** Which events of a post got which outcome, as ranges; `none` where the answer held no verdict. */
function outcomeRanges(post: PostRecord): Record<string, SeqRanges> {
  // In a batch of one, the refusal of the batch is the verdict on that event.
  const alone = post.events.length === 1 ? post.report.ifAlone : undefined;
  const byOutcome = new Map<string, number[]>();
  for (const [i, event] of post.events.entries()) {
    const kind = (post.report.outcomes[i] ?? alone)?.kind ?? 'none';
    const seqs = byOutcome.get(kind);
    if (seqs === undefined) byOutcome.set(kind, [event.seq]);
    else seqs.push(event.seq);
  }
  return Object.fromEntries([...byOutcome].map(([kind, seqs]) => [kind, toRanges(seqs)]));
}
