import {
  CauseChanges,
  type CauseCount,
  type CausedEvents,
  type CauseGroup,
  causesAfter,
} from '../../ledger/causes.js';
import type { Transaction } from '../transaction.js';
import * as sql from './causes.sql.js';

interface CauseRow extends CauseCount {
  readonly targetId: number;
  readonly status: string;
}

/** Writes changes of causes, in the transaction that changes the deliveries: three statements at most. */
export async function writeCauses(tx: Transaction, changes: CauseChanges): Promise<void> {
  const { groups } = changes;
  if (groups.length === 0) return;
  const rows = await tx.all<CauseRow>(sql.CAUSES_OF, {
    targetIds: groups.map(({ targetId }) => targetId),
    statuses: groups.map(({ status }) => status),
  });
  const set: CauseRow[] = [];
  const dropped: CauseRow[] = [];
  for (const group of groups) noteDifferences(rows, group, set, dropped);
  if (dropped.length > 0) tx.later(sql.DROP_CAUSES, columnsOf(dropped));
  if (set.length > 0) tx.later(sql.SET_CAUSES, columnsOf(set));
}

function noteDifferences(
  rows: readonly CauseRow[],
  { targetId, status, changes }: CauseGroup,
  set: CauseRow[],
  dropped: CauseRow[],
): void {
  const own = rows.filter((row) => row.targetId === targetId && row.status === status);
  const after = causesAfter(own, changes);
  const before = new Map(own.map(({ text, events }) => [text, events]));
  for (const row of own) if (!after.has(row.text)) dropped.push(row);
  for (const [text, events] of after)
    if (before.get(text) !== events) set.push({ targetId, status, text, events });
}

function columnsOf(rows: readonly CauseRow[]) {
  return {
    targetIds: rows.map(({ targetId }) => targetId),
    statuses: rows.map(({ status }) => status),
    texts: rows.map(({ text }) => text),
    events: rows.map(({ events }) => events),
  };
}

/**
 * Does work on these events inside a transaction of the caller, and moves their
 * causes by what it changed: counted before, counted after.
 */
export async function withCauses(
  tx: Transaction,
  seqs: readonly number[],
  work: () => Promise<void>,
): Promise<void> {
  const changes = new CauseChanges();
  const count = async (sign: 1 | -1): Promise<void> => {
    const rows = await tx.all<CausedEvents>(sql.CAUSES_OF_EVENTS, { seqs });
    for (const row of rows) changes.add(row.targetId, row.status, row.error, sign * row.events);
  };
  await count(-1);
  await work();
  await count(1);
  await writeCauses(tx, changes);
}

/** Replaces all causes by a recount, inside a transaction of the caller. */
export async function recountCauses(tx: Transaction): Promise<void> {
  await tx.run(sql.FORGET_ALL);
  const changes = new CauseChanges();
  for (const row of await tx.all<CausedEvents>(sql.REAL_CAUSES))
    changes.add(row.targetId, row.status, row.error, row.events);
  await writeCauses(tx, changes);
}
