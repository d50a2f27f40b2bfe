import type { ConflictStore } from '../conflicts/conflict-store.js';
import { SqliteConflicts } from '../conflicts/sqlite/sqlite-conflicts.js';
import { SqliteJournal } from '../journal/sqlite-journal.js';
import { SqliteLedger } from '../ledger/sqlite-ledger.js';
import type { ImportStore } from '../legacy/import-store.js';
import { SqliteImports } from '../legacy/sqlite/sqlite-imports.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import { SqliteTargets } from '../targets/sqlite-targets.js';

/** The stores on one open journal. */
export interface Stores {
  readonly db: JournalDatabase;
  readonly journal: SqliteJournal;
  readonly ledger: SqliteLedger;
  readonly targets: SqliteTargets;
  readonly conflicts: ConflictStore;
  readonly imports: ImportStore;
}

/** `random` is the jitter of the ledger. */
export function storesOn(db: JournalDatabase, random: () => number): Stores {
  return {
    db,
    journal: new SqliteJournal(db),
    ledger: new SqliteLedger(db, random),
    targets: new SqliteTargets(db),
    conflicts: new SqliteConflicts(db),
    imports: new SqliteImports(db),
  };
}
