import { EXCLUDED_NO_LONGER } from '../ledger/start.sql.js';
import type { Transaction } from '../transaction.js';
import type { EventRow } from './event-rows.js';
import * as sql from './journal.sql.js';

/** An event out of selection. */
interface Removed {
  readonly seq: number;
  readonly originId: number;
  readonly size: number;
}

/** An earlier event of a key, and the one that came after it. */
interface Succession {
  readonly seq: number;
  readonly later: EventRow;
}

/**
 * The earlier event of each key is taken back if no drain ever claimed it; claims are
 * kept out until the transaction of the new one ends, so a claim comes entirely before
 * or entirely after. Bytes never change either way.
 */
export async function coalesce(tx: Transaction, rows: readonly EventRow[]): Promise<void> {
  const successions = await successionsOf(tx, rows);
  if (successions.length === 0) return;
  await tx.lock('classes');
  const unsent = await tx.all<{ seq: number }>(sql.FIND_UNSENT, {
    seqs: successions.map(({ seq }) => seq),
    originIds: successions.map(({ later }) => later.originId),
  });
  const isUnsent = new Set(unsent.map(({ seq }) => seq));
  await supersede(
    tx,
    successions
      .filter(({ seq }) => !isUnsent.has(seq))
      .map(({ seq, later }) => ({ seq, by: later.seq })),
  );
  const taken = successions.filter(({ seq }) => isUnsent.has(seq));
  if (taken.length === 0) return;
  const removed = await removeLive(
    tx,
    taken.map(({ seq }) => seq),
  );
  await tx.run(sql.INSERT_MARKS, {
    class: 'coalesced',
    seqs: taken.map(({ seq }) => seq),
    others: taken.map(({ later }) => later.seq),
    ats: taken.map(({ later }) => later.event.capturedAt),
  });
  await countMoved(tx, removed, 'live', 'coalesced');
}

/** Remembers the newest event of each key; returns the earlier ones, each with what came after it. */
async function successionsOf(tx: Transaction, rows: readonly EventRow[]): Promise<Succession[]> {
  const keyed = rows.flatMap((row) => {
    const { coalesceKey: key } = row.event;
    return key === null ? [] : [{ key, row }];
  });
  if (keyed.length === 0) return [];
  const keys = [...new Set(keyed.map(({ key }) => key))];
  const stored = await tx.all<{ key: string; seq: number }>(sql.FIND_COALESCING, { keys });
  const newest = new Map(stored.map(({ key, seq }) => [key, seq]));
  const successions: Succession[] = [];
  for (const { key, row } of keyed) {
    const earlier = newest.get(key);
    if (earlier !== undefined) successions.push({ seq: earlier, later: row });
    newest.set(key, row.seq);
  }
  await tx.run(sql.HOLD_COALESCING, { keys, seqs: keys.map((key) => newest.get(key)) });
  return successions;
}

/** Takes events out of selection. Where a target counts one as excluded, it does so no longer. */
export async function removeLive(tx: Transaction, seqs: readonly number[]): Promise<Removed[]> {
  const removed = await tx.all<Removed>(sql.REMOVE_LIVE, { seqs });
  if (removed.length > 0)
    await tx.run(EXCLUDED_NO_LONGER, {
      originIds: removed.map(({ originId }) => originId),
      seqs: removed.map(({ seq }) => seq),
    });
  return removed;
}

/** Notes that later events stand for earlier ones that may have left already. */
export async function supersede(
  tx: Transaction,
  pairs: readonly { readonly seq: number; readonly by: number }[],
): Promise<void> {
  if (pairs.length === 0) return;
  await tx.run(sql.MARK_SUPERSEDED, {
    seqs: pairs.map(({ seq }) => seq),
    others: pairs.map(({ by }) => by),
  });
}

/** Moves events with their bytes from one class of their origins to another. */
export async function countMoved(
  tx: Transaction,
  events: readonly Removed[],
  from: string,
  to: string,
): Promise<void> {
  for (const [name, sign] of [
    [from, -1],
    [to, 1],
  ] as const) {
    const ones = events.map(() => sign);
    await tx.run(sql.COUNT_MOVED, {
      class: name,
      originIds: events.map(({ originId }) => originId),
      events: ones,
      retained: ones,
      bytes: events.map(({ size }) => sign * size),
    });
  }
}
