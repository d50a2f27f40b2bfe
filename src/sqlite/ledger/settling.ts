import {
  type Circumstances,
  type Known,
  LedgerTally,
  type Ruling,
  ruled,
} from '../../ledger/rulings.js';
import { toRanges } from '../../ledger/seq-ranges.js';
import type { DeliveryState } from '../../ledger/transition.js';
import type { JournalDatabase } from '../journal-database.js';
import { CauseTally } from './causes.js';
import * as sql from './settle.sql.js';

/** Applies verdicts inside a transaction that the caller holds, counters included. */
export function applyRulings(
  db: JournalDatabase,
  rulings: readonly Ruling[],
  given: Circumstances,
): void {
  if (rulings.length === 0) return;
  const { targetId, passNo } = given;
  const causes = new CauseTally(db);
  const tally = new LedgerTally(targetId, causes);
  const known = whatIsKnown(db, rulings, targetId);
  const { alike, kept, rows, todos, dropped } = ruled(rulings, known, given, tally);
  for (const seq of kept) db.statement(sql.KEEP_GENERATION).run(targetId, seq);
  for (const { seq, state } of rows) writeDelivery(db, targetId, seq, state);
  for (const { state, seqs } of alike) {
    const ranges = JSON.stringify(toRanges(seqs));
    db.statement(sql.WRITE_ALIKE).run({ ...state, targetId, ranges });
  }
  for (const { seq, originId, dueAt, isolation } of todos)
    db.statement(sql.WRITE_TODO).run(targetId, originId, seq, dueAt, passNo, isolation);
  for (const seq of dropped) db.statement(sql.DROP_TODO).run(targetId, seq);
  writeCounts(db, targetId, tally);
  causes.write();
}

function writeCounts(
  db: JournalDatabase,
  targetId: number,
  { newRows, counts }: LedgerTally,
): void {
  if (newRows > 0) db.statement(sql.COUNT_NEW_ROWS).run(newRows, targetId);
  const count = db.statement(sql.COUNT_DELIVERIES);
  for (const { originId, class: eventClass, status, events } of counts)
    count.run(targetId, originId, eventClass, status, events);
}

/** Asks only for rows that exist: a first attempt has none, and most are first attempts. */
function whatIsKnown(db: JournalDatabase, rulings: readonly Ruling[], targetId: number): Known {
  const ranges = JSON.stringify(toRanges(rulings.map(({ event }) => event.seq)));
  const deliveries = db.statement(sql.KNOWN_DELIVERIES).all({ ranges, targetId });
  const todos = db.statement(sql.KNOWN_TODOS).all({ ranges, targetId });
  const marks = db.statement(sql.KNOWN_MARKS).all({ ranges });
  return {
    deliveries: new Map(
      (deliveries as (DeliveryState & { seq: number })[]).map((row) => [row.seq, row]),
    ),
    todos: new Map(
      (todos as { seq: number; replay: number }[]).map((row) => [row.seq, row.replay]),
    ),
    classes: new Map(
      (marks as { seq: number; class: string }[]).map((row) => [row.seq, row.class]),
    ),
  };
}

function writeDelivery(
  db: JournalDatabase,
  targetId: number,
  seq: number,
  state: DeliveryState,
): void {
  db.statement(sql.WRITE_DELIVERY).run(
    targetId,
    seq,
    state.status,
    state.attemptCount,
    state.rejectionCount,
    state.firstAttemptedAt,
    state.lastAttemptedAt,
    state.acceptedAt,
    state.completedAt,
    state.nextAttemptAt,
    state.serverDrainState,
    state.lastHttpStatus,
    state.lastError,
    state.lastResponseJson,
    state.deploymentRef,
    state.generation,
  );
}
