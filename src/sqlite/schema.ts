import { dirname, join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import {
  MIGRATIONS,
  SCHEMA_ROWS,
  SCHEMA_TABLES,
  SCHEMA_TRIGGERS,
  SCHEMA_VERSION,
} from '../../migrations/index.js';
import { step } from '../base/steps.js';
import { syncEntries } from '../files/directory.js';
import { OsLock } from '../files/os-lock.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import { assertKnownSchema } from './moved.js';

export { SCHEMA_VERSION };

/** The schema number a journal file carries; 0 for a new file. */
export function schemaVersion(db: BetterSqlite3.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** The file in its directory, that in the home, and the home in its parent. */
const ENTRIES = 3;

/**
 * Brings a journal file up to the schema of this program. Safe when several
 * processes start at once: they take turns, and the later ones find it done.
 * Throws `NewerSchemaError` for a file of a newer redrain, before any change,
 * and `StorageUnavailableError` after `patienceMs` milliseconds behind another.
 */
export async function ensureSchema(db: BetterSqlite3.Database, patienceMs: number): Promise<void> {
  const found = schemaVersion(db);
  if (found === SCHEMA_VERSION) return;
  assertKnownSchema(db, found);
  const lock = await OsLock.acquire(
    join(dirname(db.name), 'locks', 'schema.lock'),
    AbortSignal.timeout(patienceMs),
  );
  if (lock === undefined) {
    const detail = 'another process has been bringing its schema up to date for too long';
    throw new StorageUnavailableError(db.name, 'busy', detail);
  }
  try {
    step('schema.locked');
    if (schemaVersion(db) === 0) createSchema(db);
    else if (schemaVersion(db) < SCHEMA_VERSION) await runSchemaMigrations(db.name);
    step('schema.applied');
  } finally {
    lock.release();
  }
}

/** Where TypeORM keeps which schema migrations were made, and its own text for it. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "migrations" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "timestamp" bigint NOT NULL, "name" varchar NOT NULL)`;

/** TypeORM takes the time of a schema migration from the end of its name. */
const TIMESTAMP_DIGITS = 13;

/**
 * Gives a new file the schema that all migrations together lead to, with a
 * record of each, in one transaction: a first start does not wait for TypeORM.
 */
function createSchema(db: BetterSqlite3.Database): void {
  // Before anything is acknowledged: `journal.db`, the state directory and the home have their names.
  syncEntries(db.name, ENTRIES);
  const create = db.transaction(() => {
    for (const statement of [
      MIGRATIONS_TABLE,
      ...SCHEMA_TABLES,
      ...SCHEMA_ROWS,
      ...SCHEMA_TRIGGERS,
    ])
      db.exec(statement);
    const record = db.prepare('INSERT INTO migrations (timestamp, name) VALUES (?, ?)');
    for (const { name } of MIGRATIONS.map((Migration) => new Migration()))
      record.run(Number(name.slice(-TIMESTAMP_DIGITS)), name);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
  create.immediate();
}

/** For files of earlier versions. TypeORM is heavy and needed here only, so it is loaded here only. */
async function runSchemaMigrations(file: string): Promise<void> {
  const { journalDataSource } = await import('./data-source.js');
  // The console logger writes failures to stdout, which holds nothing but a command's result.
  const dataSource = journalDataSource(file, 'debug');
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
    const broken: unknown[] = await dataSource.query('PRAGMA foreign_key_check');
    if (broken.length > 0)
      throw new Error(`${file}: the schema migration left ${broken.length} broken references`);
  } finally {
    await dataSource.destroy();
  }
}
