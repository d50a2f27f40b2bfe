import type { ClaimedEvent, Pass } from '../../dispatch/ports.js';
import { toRanges } from '../../ledger/seq-ranges.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './release.sql.js';
import { DROP_TODO } from './settle.sql.js';
import { COUNT_EXCLUDED } from './start.sql.js';

/** Which of these events were redacted since they were claimed. Costs as much as they have ranges. */
export function redactedAmong(db: JournalDatabase, events: readonly ClaimedEvent[]): Set<number> {
  const ranges = JSON.stringify(toRanges(events.map(({ seq }) => seq)));
  return new Set(db.statement(sql.REDACTED_AMONG).pluck().all({ ranges }) as number[]);
}

/**
 * Makes claimed events selectable again, inside a transaction that the caller
 * holds and that takes them out of the flight. Retries still have their todo.
 * A first attempt has nothing but the cursor that went over it: the cursor goes
 * back, or where something else lies between, the event gets a todo.
 */
export function giveBack(db: JournalDatabase, pass: Pass, events: readonly ClaimedEvent[]): void {
  const excluded = excludeEarly(db, pass.lease.targetId, events);
  const wanted = events.filter(({ seq }) => !excluded.has(seq));
  for (const [originId, seqs] of firstsByOrigin(wanted)) {
    const lane = { targetId: pass.lease.targetId, originId, from: Math.min(...seqs) };
    const back = new Set(seqs);
    const passed = db.statement(sql.PASSED_OVER).all(lane) as PassedOver[];
    if (passed.every((row) => back.has(row.seq) && row.hasTodo === 0 && row.isKnown === 0))
      db.statement(sql.MOVE_CURSOR_BACK).run({ ...lane, before: lane.from - 1 });
    else {
      const owed = { ...lane, seqs: JSON.stringify(seqs), dueAt: pass.startedAt };
      db.statement(sql.OWE_FIRST).run(owed);
    }
  }
}

/** The target starts later now than when they were claimed: those that it never had are excluded. */
function excludeEarly(
  db: JournalDatabase,
  targetId: number,
  events: readonly ClaimedEvent[],
): ReadonlySet<number> {
  const seqs = JSON.stringify(events.map(({ seq }) => seq));
  const early = db.statement(sql.EARLY_AMONG).all({ targetId, seqs }) as EarlyEvent[];
  const drop = db.statement(DROP_TODO);
  const count = db.statement(COUNT_EXCLUDED);
  for (const { seq, originId } of early) {
    drop.run(targetId, seq);
    count.run({ targetId, originId, events: 1 });
  }
  return new Set(early.map(({ seq }) => seq));
}

interface EarlyEvent {
  readonly seq: number;
  readonly originId: number;
}

interface PassedOver {
  readonly seq: number;
  readonly hasTodo: 0 | 1;
  readonly isKnown: 0 | 1;
}

function firstsByOrigin(events: readonly ClaimedEvent[]): Map<number, number[]> {
  const byOrigin = new Map<number, number[]>();
  for (const { originId, seq, first } of events) {
    if (!first) continue;
    const seqs = byOrigin.get(originId);
    if (seqs === undefined) byOrigin.set(originId, [seq]);
    else seqs.push(seq);
  }
  return byOrigin;
}
