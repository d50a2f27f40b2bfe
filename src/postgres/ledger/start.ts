import { turn } from '../../base/pace.js';
import { step } from '../../base/steps.js';
import { startingPoint } from '../../targets/start.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries, Transaction } from '../transaction.js';
import * as sql from './start.sql.js';

/** Sequence numbers in one transaction: short enough that no drain waits long for it. */
const SPAN = 2_000;

/** The first event that `from` means: its sequence number, one more than the newest where it is still to come. */
export async function startOf(
  queries: Queries,
  from: string | undefined,
  now: number,
): Promise<number> {
  const point = startingPoint(from, now);
  if (point === 'all') return 0;
  if (point === 'now') return ((await queries.get<{ head: number }>(sql.HEAD))?.head ?? 0) + 1;
  // Nothing that was captured since may be left out, also where late events or a clock broke the order.
  const before = await firstSince(queries, point);
  const values = { before, at: point };
  return (await queries.get<{ seq: number }>(sql.EARLIER_SINCE, values))?.seq ?? before;
}

/**
 * An event captured at or after a time, behind one that was not: the first one, where times go up with
 * sequence numbers. They do, but for what waited in the spool, and clocks.
 */
export async function firstSince(queries: Pick<Queries, 'get'>, at: number): Promise<number> {
  return (await queries.get<{ first: number }>(sql.FIRST_SINCE, { moments: [at] }))?.first ?? 1;
}

/** Sets where a new target starts, in the transaction that made it. */
export async function startNew(tx: Transaction, targetId: number, start: number): Promise<void> {
  if (start <= 1) return;
  await tx.run(sql.SET_START, { targetId, start });
  if (start > tx.head) await tx.run(sql.EXCLUDE_ALL, { targetId });
  else await tx.run(sql.EXCLUDE_EARLIER, { targetId, start });
}

/** Moves where a known target starts, in pages: each is whole, and a later call goes on after a kill. */
export async function moveStart(
  db: JournalDatabase,
  targetId: number,
  wanted: number,
  now: number,
): Promise<void> {
  const locks = ['classes shared', { target: targetId }] as const;
  while (!(await db.write(locks, (tx) => movePage(tx, targetId, wanted, now)))) {
    step('targets.start-moved');
    await turn();
  }
}

/** True when there is nothing left to move. */
async function movePage(
  tx: Transaction,
  targetId: number,
  wanted: number,
  now: number,
): Promise<boolean> {
  const row = await tx.get<{ start: number }>(sql.START_OF, { targetId });
  const goal = Math.min(wanted, tx.head + 1);
  if (row === undefined || row.start === goal) return true;
  const isLater = row.start < goal;
  const next = isLater ? Math.min(row.start + SPAN, goal) : Math.max(row.start - SPAN, goal);
  const range = {
    targetId,
    first: Math.min(row.start, next),
    last: Math.max(row.start, next) - 1,
  };
  const unnamed = await tx.all<Unnamed>(sql.UNNAMED_IN_RANGE, range);
  if (isLater) await tx.run(sql.DROP_UNNAMED_TODOS, range);
  else await tx.run(sql.OWE_PASSED_OVER, { ...range, now });
  if (unnamed.length > 0)
    await tx.run(sql.COUNT_EXCLUDED, {
      targetId,
      originIds: unnamed.map(({ originId }) => originId),
      events: unnamed.map(({ events }) => (isLater ? events : -events)),
    });
  await tx.run(sql.SET_START, { targetId, start: next });
  return false;
}

interface Unnamed {
  readonly originId: number;
  readonly events: number;
}
