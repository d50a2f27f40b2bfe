import { type Census, type CountedRow, censusChanges } from '../../retention/census.js';
import type { JournalDatabase } from '../journal-database.js';
import { withCauses } from '../ledger/causes.js';
import { CENSUS_OF_EXCLUDED, COUNT_EXCLUDED } from '../ledger/start.sql.js';
import * as sql from './retention.sql.js';

/**
 * Changes events inside a transaction that the caller holds, and moves every
 * counter by exactly what changed: counted before, counted after. Whatever
 * the work does to class, bytes or deliveries of these events, no counter can
 * be forgotten.
 */
export function withCounters(db: JournalDatabase, seqs: readonly number[], work: () => void): void {
  const before = take(db, seqs);
  withCauses(db, seqs, work);
  const changes = censusChanges(before, take(db, seqs));
  for (const row of changes.events) db.statement(sql.COUNT_EVENTS).run(row);
  for (const row of changes.deliveries) db.statement(sql.COUNT_DELIVERIES).run(row);
  for (const row of changes.excluded) db.statement(COUNT_EXCLUDED).run(row);
}

function take(db: JournalDatabase, seqs: readonly number[]): Census {
  const json = JSON.stringify(seqs);
  const rows = (statement: string) => db.statement(statement).all(json) as CountedRow[];
  return {
    events: rows(sql.CENSUS_OF_EVENTS),
    deliveries: rows(sql.CENSUS_OF_DELIVERIES),
    excluded: rows(CENSUS_OF_EXCLUDED),
  };
}
