import type { ClaimedEvent, Pass } from '../../dispatch/ports.js';
import { countBy } from '../../ledger/lane-merge.js';
import type { Transaction } from '../transaction.js';
import * as sql from './release.sql.js';
import { DROP_TODOS } from './settle.sql.js';
import { COUNT_EXCLUDED } from './start.sql.js';

/**
 * Makes claimed events selectable again, inside a transaction of the caller that
 * takes them out of the flight. Retries still have their todo. A first attempt
 * has nothing but the cursor that went over it: the cursor goes back, or where
 * something else lies between, the event gets a todo.
 */
export async function giveBack(
  tx: Transaction,
  pass: Pass,
  events: readonly ClaimedEvent[],
): Promise<void> {
  const { targetId } = pass.lease;
  const excluded = await excludeEarly(tx, targetId, events);
  const firsts = events.filter(({ seq, first }) => first && !excluded.has(seq));
  if (firsts.length === 0) return;
  const blocked = await blockedLanes(tx, targetId, firsts);
  const [owed, free] = [firsts, firsts].map((all, i) =>
    all.filter(({ originId }) => blocked.has(originId) === (i === 0)),
  ) as [ClaimedEvent[], ClaimedEvent[]];
  if (free.length > 0) await tx.run(sql.MOVE_CURSORS_BACK, { targetId, ...lanesOf(free) });
  if (owed.length > 0)
    await tx.run(sql.OWE_FIRST, { targetId, dueAt: pass.startedAt, ...columnsOf(owed) });
}

/** Lanes whose cursor cannot go back: behind it lies what was not claimed now, or is named already. */
async function blockedLanes(
  tx: Transaction,
  targetId: number,
  firsts: readonly ClaimedEvent[],
): Promise<ReadonlySet<number>> {
  const back = new Set(firsts.map(({ seq }) => seq));
  const passed = await tx.all<PassedOver>(sql.PASSED_OVER, { targetId, ...lanesOf(firsts) });
  const others = passed.filter(({ seq, isNamed }) => isNamed || !back.has(seq));
  return new Set(others.map(({ originId }) => originId));
}

interface PassedOver {
  readonly originId: number;
  readonly seq: number;
  readonly isNamed: boolean;
}

/** The target starts later now than when they were claimed: those that it never had are excluded. */
async function excludeEarly(
  tx: Transaction,
  targetId: number,
  events: readonly ClaimedEvent[],
): Promise<ReadonlySet<number>> {
  const early = await tx.all<Pick<ClaimedEvent, 'seq' | 'originId'>>(sql.EARLY_AMONG, {
    targetId,
    ...columnsOf(events),
  });
  const excluded = new Set(early.map(({ seq }) => seq));
  if (early.length === 0) return excluded;
  await tx.run(DROP_TODOS, { targetId, seqs: [...excluded] });
  const counts = countBy(early);
  const values = { originIds: [...counts.keys()], events: [...counts.values()] };
  await tx.run(COUNT_EXCLUDED, { targetId, ...values });
  return excluded;
}

function columnsOf(events: readonly Pick<ClaimedEvent, 'seq' | 'originId'>[]) {
  return {
    originIds: events.map(({ originId }) => originId),
    seqs: events.map(({ seq }) => seq),
  };
}

/** Each lane with the first of these events that is in it. */
function lanesOf(events: readonly ClaimedEvent[]) {
  const froms = new Map<number, number>();
  for (const { originId, seq } of events)
    froms.set(originId, Math.min(seq, froms.get(originId) ?? seq));
  return { originIds: [...froms.keys()], froms: [...froms.values()] };
}
