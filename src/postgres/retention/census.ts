import { type Census, type CountedRow, censusChanges } from '../../retention/census.js';
import { withCauses } from '../ledger/causes.js';
import type { Transaction } from '../transaction.js';
import * as sql from './census.sql.js';

/**
 * Changes events in a transaction that holds `journal` and `classes`, and moves every
 * counter by exactly what changed: counted before, counted after. Whatever the work does
 * to class, bytes or deliveries of these events, no counter can be forgotten.
 */
export async function withCounters(
  tx: Transaction,
  seqs: readonly number[],
  work: () => Promise<void>,
): Promise<void> {
  if (seqs.length === 0) return;
  const before = await take(tx, seqs);
  await withCauses(tx, seqs, work);
  const changes = censusChanges(before, await take(tx, seqs));
  await move(tx, sql.COUNT_EVENTS, changes.events);
  await move(tx, sql.COUNT_DELIVERIES, changes.deliveries);
  await move(tx, sql.COUNT_EXCLUDED, changes.excluded);
}

async function take(tx: Transaction, seqs: readonly number[]): Promise<Census> {
  return {
    events: await tx.all<CountedRow>(sql.CENSUS_OF_EVENTS, { seqs }),
    deliveries: await tx.all<CountedRow>(sql.CENSUS_OF_DELIVERIES, { seqs }),
    excluded: await tx.all<CountedRow>(sql.CENSUS_OF_EXCLUDED, { seqs }),
  };
}

async function move(
  tx: Transaction,
  statement: string,
  rows: readonly CountedRow[],
): Promise<void> {
  if (rows.length > 0) await tx.run(statement, { rows: JSON.stringify(rows) });
}
