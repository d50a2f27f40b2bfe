import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { buildDBClient } from 'liteque';
import { step } from '../base/steps.js';
import { syncEntries } from '../files/directory.js';
import { allocateIndex, releaseIndex } from '../files/log-index.js';
import type { OpenedDatabase } from '../files/opened-database.js';
import { assertRoomToRead, openedDatabase } from '../files/opened-database.js';
import { OpenedFile } from '../files/opened-file.js';
import { OsLock } from '../files/os-lock.js';
import { ensurePrivateFile, isPlainFile } from '../files/private-file.js';
import {
  asStorageError,
  isBusy,
  NewerSchemaError,
  OlderSchemaError,
  StorageUnavailableError,
} from '../files/storage-errors.js';
import { JOBS_SCHEMA_VERSION, JOBS_SCHEMAS } from './schema.sql.js';

/** Milliseconds SQLite itself waits for a lock; longer waits are ours, off the event loop. */
const DRIVER_TIMEOUT_MS = 250;
/** Milliseconds a unit of work waits for other writers before it gives up. */
const BUSY_TIMEOUT_MS = 10_000;

/** The handle that liteque's queues want. */
export type LitequeClient = ReturnType<typeof buildDBClient>;

/**
 * One connection to jobs.db, shared with liteque. Units of work are
 * synchronous, so nothing of liteque can run between BEGIN and COMMIT.
 */
export class JobsDatabase {
  readonly client: LitequeClient | undefined;
  readonly #db: Database.Database;
  /** Undefined for a connection that only reads. */
  readonly #files: OpenedDatabase | undefined;
  /** The file of one that only reads. */
  readonly #read: OpenedFile | undefined;
  readonly #statements = new Map<string, Database.Statement>();

  private constructor(
    db: Database.Database,
    files: OpenedDatabase | OpenedFile,
    client?: LitequeClient,
  ) {
    this.#db = db;
    this.client = client;
    this.#files = files instanceof OpenedFile ? undefined : files;
    this.#read = files instanceof OpenedFile ? files : undefined;
  }

  /** Opens for writing; creates the file (0600) and its schema. @throws StorageUnavailableError, NewerSchemaError. */
  static async open(file: string): Promise<JobsDatabase> {
    const deadline = performance.now() + BUSY_TIMEOUT_MS;
    for (;;) {
      try {
        ensurePrivateFile(file);
        const files = openedDatabase(file);
        assertOurs(file);
        return await openOnce(file, files, (db, client) => {
          files.noteSidecars();
          return new JobsDatabase(db, files, client);
        });
      } catch (error) {
        // The switch to WAL of a new file can meet another process doing the same.
        if (!isBusy(error) || performance.now() >= deadline) throw asStorageError(file, error);
      }
      await delay(10 * (0.5 + Math.random()));
    }
  }

  /**
   * Opens for reading; undefined when there is no queue yet. Changes nothing.
   * @throws StorageUnavailableError, NewerSchemaError, OlderSchemaError.
   */
  static openReadOnly(file: string): JobsDatabase | undefined {
    if (!isPlainFile(file)) return undefined;
    let db: Database.Database | undefined;
    try {
      assertRoomToRead(file);
      const opened = new OpenedFile(file);
      db = new Database(file, { readonly: true, timeout: DRIVER_TIMEOUT_MS });
      const found = schemaVersion(db);
      if (found === JOBS_SCHEMA_VERSION) return new JobsDatabase(db, opened);
      if (found > JOBS_SCHEMA_VERSION) throw new NewerSchemaError(file, found, JOBS_SCHEMA_VERSION);
      if (found > 0) throw new OlderSchemaError(file);
      db.close();
      return undefined;
    } catch (error) {
      db?.close();
      throw asStorageError(file, error);
    }
  }

  statement<P extends unknown[] | object = unknown[], R = unknown>(
    sql: string,
  ): Database.Statement<P extends unknown[] ? P : [P], R> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement as never;
  }

  /**
   * Fails when the file at the path is not the one that is open, or when a
   * newer redrain has changed its schema. Costs some microseconds.
   *
   * @throws StorageUnavailableError, NewerSchemaError.
   */
  assertCurrent(): void {
    this.#files?.assertInPlace();
    this.#assertKnownSchema();
  }

  /** True once the file at the path is not the one that is open. */
  isReplaced(): boolean {
    return this.#files?.isReplaced() ?? this.#read?.change() !== undefined;
  }

  /** Changes when another connection wrote; costs some microseconds. */
  dataVersion(): number {
    return this.#db.pragma('data_version', { simple: true }) as number;
  }

  /** From now on this connection overwrites what it deletes or replaces with zeros. */
  overwriteDeleted(): void {
    this.#db.pragma('secure_delete = ON');
  }

  /**
   * One IMMEDIATE transaction; on any error nothing of it is stored. What was
   * written to a file that is replaced meanwhile counts as an error.
   */
  async write<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + BUSY_TIMEOUT_MS;
    const transaction = this.#db.transaction(() => {
      this.#assertKnownSchema();
      const result = work();
      step('queue.commit');
      return result;
    });
    for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
      try {
        this.#files?.assertInPlace();
        this.#files?.assertRoom();
        const result = transaction.immediate();
        this.#files?.assertInPlace();
        return result;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline)
          throw asStorageError(this.#db.name, error);
      }
      await delay(wait * (0.5 + Math.random()));
    }
  }

  close(): void {
    this.#db.close();
    releaseIndex(this.#db.name);
  }

  #assertKnownSchema(): void {
    const found = schemaVersion(this.#db);
    if (found > JOBS_SCHEMA_VERSION)
      throw new NewerSchemaError(this.#db.name, found, JOBS_SCHEMA_VERSION);
  }
}

/** All that a first opening which was interrupted leaves behind. */
const BEFORE_THE_FIRST = new Set(['tasks', '__drizzle_migrations', 'sqlite_sequence']);

/**
 * Before liteque opens the file, which changes it: a newer one and one of
 * another program are left exactly as they are.
 */
function assertOurs(file: string): void {
  const db = new Database(file, { readonly: true, timeout: DRIVER_TIMEOUT_MS });
  try {
    const found = schemaVersion(db);
    if (found > JOBS_SCHEMA_VERSION) throw new NewerSchemaError(file, found, JOBS_SCHEMA_VERSION);
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    const isOurs =
      found === 0
        ? tables.every((name) => BEFORE_THE_FIRST.has(String(name)))
        : tables.includes('job');
    if (!isOurs)
      throw new StorageUnavailableError(file, 'readonly', 'it is a database of another program');
  } finally {
    db.close();
  }
}

async function openOnce<T>(
  file: string,
  files: OpenedDatabase,
  make: (db: Database.Database, client: LitequeClient) => T,
): Promise<T> {
  const { buildDBClient, migrateDB } = await import('liteque');
  const client = buildDBClient(file);
  const db = handleOf(client);
  try {
    db.pragma(`busy_timeout = ${DRIVER_TIMEOUT_MS}`);
    // liteque asks for NORMAL: a job that was added must be there after a power cut too.
    db.pragma('synchronous = FULL');
    db.pragma('cache_size = -2048');
    db.pragma('journal_size_limit = 16777216');
    files.restartLog(db);
    if (files.hasSmallBlocks) allocateIndex(db);
    await ensureSchema(file, db, () => migrateDB(client));
    return make(db, client);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Drizzle keeps the connection to itself; liteque has no other way to it. */
function handleOf(client: LitequeClient): Database.Database {
  const { session } = client as unknown as { session: { client: Database.Database } };
  return session.client;
}

function schemaVersion(db: Database.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** liteque's migrations know nothing of a second process: whoever comes first does them alone. */
async function ensureSchema(
  file: string,
  db: Database.Database,
  migrate: () => void,
): Promise<void> {
  if (schemaVersion(db) === JOBS_SCHEMA_VERSION) return;
  const lock = await OsLock.acquire(join(dirname(file), 'locks', 'jobs.lock'));
  try {
    const found = schemaVersion(db);
    if (found === 0) {
      // The file in its directory, that in the home, and the home in its parent.
      syncEntries(file, 3);
      migrate();
    }
    db.transaction(() => {
      for (const schema of JOBS_SCHEMAS.slice(found)) db.exec(schema);
    }).immediate();
  } finally {
    lock?.release();
  }
}
