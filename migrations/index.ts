import { JournalAndLedger1763800000001 } from './1-journal-and-ledger.js';

/** Schema migrations in order; frozen once shipped. Each sets `user_version` to its number. */
export const MIGRATIONS = [JournalAndLedger1763800000001];

/** The schema this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
