import { join } from 'node:path';
import { Address } from '../../src/address/address.js';
import type { ConflictStore } from '../../src/conflicts/conflict-store.js';
import type { Permission } from '../../src/dispatch/ports.js';
import type { ImportStore } from '../../src/spec-kitty/legacy/import-store.js';
import { SqliteConflicts } from '../../src/sqlite/conflicts/conflict-store.js';
import { SqliteImports } from '../../src/sqlite/imports/import-store.js';
import { SqliteJournal } from '../../src/sqlite/journal/journal-store.js';
import { JournalDatabase, type OpenOptions } from '../../src/sqlite/journal-database.js';
import { SqliteLedger } from '../../src/sqlite/ledger/delivery-ledger.js';
import { SqliteTargets } from '../../src/sqlite/targets/target-registry.js';
import type { TargetDescription, TargetRecord } from '../../src/targets/registry.js';
import { closeAfterTest, temporaryHome } from './temporary-home.js';

/** The stores on one real journal file, without any wiring. */
export interface Core {
  readonly home: string;
  readonly file: string;
  readonly db: JournalDatabase;
  readonly journal: SqliteJournal;
  readonly ledger: SqliteLedger;
  readonly targets: SqliteTargets;
  readonly conflicts: ConflictStore;
  readonly imports: ImportStore;
}

export async function openCore(home = temporaryHome(), options: OpenOptions = {}): Promise<Core> {
  const file = join(home, 'redrain', 'journal.db');
  const db = await JournalDatabase.open(file, options);
  closeAfterTest(() => db.close());
  const ledger = new SqliteLedger(db, () => 0.5);
  return {
    home,
    file,
    db,
    journal: new SqliteJournal(db),
    ledger,
    targets: new SqliteTargets(db),
    conflicts: new SqliteConflicts(db),
    imports: new SqliteImports(db),
  };
}

export function targetDescription(name: string): TargetDescription {
  return {
    kind: 'external',
    urlHash: `hash-of-${name}`,
    teamSlug: '',
    userEmail: '',
    canonicalUrl: `http://${name}.test`,
    rawEndpoint: new Address(`http://${name}.test`),
    settings: {},
  };
}

export async function givenTarget(core: Core, name = 'a'): Promise<TargetRecord> {
  return core.targets.ensure(targetDescription(name), 1_000);
}

export const EVERYTHING_ALLOWED: Permission = () => null;

/** Rows of any query, read on the store's own connection. */
export function rows<T = Record<string, unknown>>(
  core: Pick<Core, 'db'>,
  sql: string,
  ...values: unknown[]
): T[] {
  return core.db.statement<unknown[], T>(sql).all(...values);
}

export function row<T = Record<string, unknown>>(core: Core, sql: string, ...values: unknown[]): T {
  return rows<T>(core, sql, ...values)[0] as T;
}
