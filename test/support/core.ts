import { join } from 'node:path';
import { Address } from '../../src/address/address.js';
import type { Permission } from '../../src/dispatch/ports.js';
import type { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { type OpenOptions, openStores, SqliteStores } from '../../src/sqlite/stores.js';
import type { OpenJournal, Stores } from '../../src/stores.js';
import type { TargetDescription, TargetRecord } from '../../src/targets/registry.js';
import { closeAfterTest, stateOf, temporaryHome } from './temporary-home.js';

/** The stores on one real journal file, without any wiring. */
export interface Core extends Omit<SqliteStores, keyof OpenJournal> {
  readonly home: string;
  readonly file: string;
}

export async function openCore(home = temporaryHome(), options: OpenOptions = {}): Promise<Core> {
  const file = join(stateOf(home), 'journal.db');
  const stores = await openStores(file, options, () => 0.5);
  closeAfterTest(() => stores.close());
  return { ...stores, home, file };
}

/** The connection below the stores of an application. */
export function connectionOf(stores: Stores): JournalDatabase {
  if (stores instanceof SqliteStores) return stores.db;
  throw new Error('these stores are not on SQLite');
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

export async function givenTarget(
  core: Pick<Stores, 'targets'>,
  name = 'a',
): Promise<TargetRecord> {
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

export function row<T = Record<string, unknown>>(
  core: Pick<Core, 'db'>,
  sql: string,
  ...values: unknown[]
): T {
  return rows<T>(core, sql, ...values)[0] as T;
}
