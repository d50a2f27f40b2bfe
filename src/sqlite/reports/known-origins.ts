import type { OriginRow } from '../../reports/target-terms.js';
import type { JournalDatabase } from '../journal-database.js';
import { ORIGINS } from './status.sql.js';

/** Every origin with what is live of it and what a target's ledger speaks of; target 0 is no target. */
export function knownOrigins(db: JournalDatabase, targetId = 0): OriginRow[] {
  return db.read(() => db.statement(ORIGINS).all({ targetId }) as OriginRow[]);
}
