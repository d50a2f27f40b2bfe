import { JournalAndLedger1763800000001, TABLES, TRIGGERS } from './1-journal-and-ledger.js';
import { CAUSE_TABLES, Causes1764100000002 } from './2-causes.js';

/** Schema migrations in order; frozen once shipped. Each sets `user_version` to its number. */
export const MIGRATIONS = [JournalAndLedger1763800000001, Causes1764100000002];

/** The schema this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Every table and index as the migrations leave them. */
export const SCHEMA_TABLES: readonly string[] = [...TABLES, ...CAUSE_TABLES];

/** Every trigger as the migrations leave them. */
export const SCHEMA_TRIGGERS: readonly string[] = TRIGGERS;
