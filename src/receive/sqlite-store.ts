import Database from 'better-sqlite3';
import * as sql from './received.sql.js';
import type { OnceOutcome, OnceStore } from './store.js';

/** What is needed of a better-sqlite3 database. */
export interface SqliteDatabase {
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  pragma(sql: string, options?: { simple?: boolean }): unknown;
  transaction<R>(work: () => R): { immediate(): R };
}

/** What is needed of a better-sqlite3 statement. */
export interface SqliteStatement {
  run(...parameters: unknown[]): { readonly changes: number };
  get(...parameters: unknown[]): unknown;
  all(...parameters: unknown[]): unknown[];
}

/**
 * Keeps the ids of received events in a SQLite database, beside what the
 * effects write. Give it your better-sqlite3 database, or a file, which is made
 * when it is not there. Effects write through the database and are synchronous;
 * those of one request share a commit. The database is set to
 * `synchronous = FULL`: what is acknowledged survives a power failure.
 *
 * @throws what SQLite says when the file cannot be opened or written.
 */
export function sqliteStore(file: string): OnceStore<SqliteDatabase>;
export function sqliteStore<D extends SqliteDatabase>(database: D): OnceStore<D>;
export function sqliteStore(given: string | SqliteDatabase): OnceStore<SqliteDatabase> {
  const database = typeof given === 'string' ? opened(given) : given;
  assertNoTransaction(database);
  database.pragma('synchronous = FULL');
  database.exec(sql.SQLITE_CREATE);
  return new SqliteOnceStore(database);
}

function opened(file: string): SqliteDatabase {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  return database;
}

class SqliteOnceStore implements OnceStore<SqliteDatabase> {
  readonly #database: SqliteDatabase;
  readonly #record: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#record = database.prepare(sql.SQLITE_RECORD);
  }

  async once(
    ids: readonly string[],
    effect: (index: number, database: SqliteDatabase) => unknown,
  ): Promise<readonly OnceOutcome[]> {
    const database = this.#database;
    assertNoTransaction(database);
    return database
      .transaction(() => ids.map((id, index) => this.#one(id, () => effect(index, database))))
      .immediate();
  }

  /** A transaction within the transaction is a savepoint: an effect that throws is undone alone. */
  #one(id: string, effect: () => unknown): OnceOutcome {
    try {
      return this.#database.transaction(() => this.#recorded(id, effect)).immediate();
    } catch (error) {
      // A full disk ends the whole transaction; what came after it would be committed one by one.
      if (!this.#database.inTransaction) throw error;
      return { error };
    }
  }

  #recorded(id: string, effect: () => unknown): OnceOutcome {
    if (this.#record.run(id).changes === 0) return 'duplicate';
    if (isPromise(effect()))
      throw new TypeError('with SQLite an effect must be synchronous: it returned a promise');
    if (!this.#database.inTransaction)
      throw new Error('the effect ended the transaction it was called in');
    return 'success';
  }
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What is written in a transaction of somebody else may be undone after it was acknowledged. */
function assertNoTransaction(database: SqliteDatabase): void {
  if (database.inTransaction)
    throw new Error('this database is in a transaction: events need one of their own');
}
