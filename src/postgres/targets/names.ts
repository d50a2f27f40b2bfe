import { freeName } from '../../config/target-name.js';
import type { Transaction } from '../transaction.js';
import * as sql from './targets.sql.js';

/** The names of all targets, each with its id; the transaction holds the lock of the journal. */
export async function namesOf(tx: Transaction): Promise<Map<string, number>> {
  const rows = await tx.all<{ id: number; name: string | null }>(sql.NAMES);
  return new Map(rows.flatMap(({ id, name }) => (name === null ? [] : [[name, id] as const])));
}

/** Whoever had the name keeps working under another. */
export async function freeNameOf(tx: Transaction, name: string): Promise<void> {
  const taken = await namesOf(tx);
  const holder = taken.get(name);
  if (holder === undefined) return;
  const old = freeName(`${name}-old`, (one) => taken.has(one));
  await tx.run(sql.RENAME, { id: holder, name: old });
}
