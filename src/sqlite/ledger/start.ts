import { turn } from '../../base/pace.js';
import { step } from '../../base/steps.js';
import { startingPoint } from '../../targets/start.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './start.sql.js';

/** Sequence numbers in one transaction: short enough that no capture and no event loop waits long for it. */
const SPAN = 2_000;

/** The first event that `from` means: its sequence number, one more than the newest where it is still to come. */
export function startOf(db: JournalDatabase, from: string | undefined, now: number): number {
  const point = startingPoint(from, now);
  if (point === 'all') return 0;
  const head = headOf(db);
  if (point === 'now') return head + 1;
  // Nothing that was captured since may be left out, also where late events or a clock broke the order.
  const before = firstSince(db, point, head);
  const earlier = db.statement<{ before: number; at: number }, { seq: number }>(sql.EARLIER_SINCE);
  return earlier.get({ before, at: point })?.seq ?? before;
}

/**
 * An event captured at or after a time, behind one that was not, found along the sequence numbers: the
 * first one, where times go up with them. They do, but for what waited in the spool, and clocks.
 */
export function firstSince(db: JournalDatabase, at: number, head: number): number {
  const capturedAt = db.statement<[number], { at: number }>(sql.CAPTURED_AT);
  let first = 1;
  let last = head + 1;
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    if ((capturedAt.get(middle)?.at ?? 0) >= at) last = middle;
    else first = middle + 1;
  }
  return first;
}

/** Sets where a new target starts, in the transaction that made it. */
export function startNew(db: JournalDatabase, targetId: number, start: number): void {
  if (start <= 1) return;
  db.statement(sql.SET_START).run({ targetId, start });
  if (start > headOf(db)) db.statement(sql.EXCLUDE_ALL).run({ targetId });
  else db.statement(sql.EXCLUDE_EARLIER).run({ targetId, start });
}

/** Moves where a known target starts, in pages: each is whole, and a later call goes on after a kill. */
export async function moveStart(
  db: JournalDatabase,
  targetId: number,
  wanted: number,
  now: number,
): Promise<void> {
  while (!(await db.write(() => movePage(db, targetId, wanted, now)))) {
    step('targets.start-moved');
    await turn();
  }
}

/** True when there is nothing left to move. */
function movePage(db: JournalDatabase, targetId: number, wanted: number, now: number): boolean {
  const row = db.statement<[number], { start: number }>(sql.START_OF).get(targetId);
  const goal = Math.min(wanted, headOf(db) + 1);
  if (row === undefined || row.start === goal) return true;
  const isLater = row.start < goal;
  const next = isLater ? Math.min(row.start + SPAN, goal) : Math.max(row.start - SPAN, goal);
  const range = {
    targetId,
    first: Math.min(row.start, next),
    last: Math.max(row.start, next) - 1,
  };
  const unnamed = db.statement(sql.UNNAMED_IN_RANGE).all(range) as Unnamed[];
  if (isLater) db.statement(sql.DROP_UNNAMED_TODOS).run(range);
  else db.statement(sql.OWE_PASSED_OVER).run({ ...range, now });
  const count = db.statement(sql.COUNT_EXCLUDED);
  for (const { originId, events } of unnamed)
    count.run({ targetId, originId, events: isLater ? events : -events });
  db.statement(sql.SET_START).run({ targetId, start: next });
  return false;
}

interface Unnamed {
  readonly originId: number;
  readonly events: number;
}

const headOf = (db: JournalDatabase): number =>
  (db.statement(sql.HEAD).get() as { head: number }).head;
