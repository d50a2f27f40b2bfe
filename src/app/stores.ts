import type { ConflictStore } from '../conflicts/conflict-store.js';
import type { ImportStore } from '../spec-kitty/legacy/import-store.js';
import { SqliteConflicts } from '../sqlite/conflicts/conflict-store.js';
import { SqliteImports } from '../sqlite/imports/import-store.js';
import { SqliteJournal } from '../sqlite/journal/journal-store.js';
import type { JournalDatabase } from '../sqlite/journal-database.js';
import { SqliteLedger } from '../sqlite/ledger/delivery-ledger.js';
import { SqliteTargets } from '../sqlite/targets/target-registry.js';

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
