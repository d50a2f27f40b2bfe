import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { step } from '../base/steps.js';
import { allocateIndex, releaseIndex } from '../files/log-index.js';
import type { OpenedDatabase } from '../files/opened-database.js';
import { assertRoomToRead, openedDatabase } from '../files/opened-database.js';
import { OpenedFile } from '../files/opened-file.js';
import { ensurePrivateFile, isPlainFile } from '../files/private-file.js';
import {
  asStorageError,
  isBusy,
  JournalMovedError,
  OlderSchemaError,
  StorageUnavailableError,
} from '../files/storage-errors.js';
import { configureConnection, DRIVER_TIMEOUT_MS, provideDigest } from './connection.js';
import { fileRecent } from './journal/filing.js';
import { assertKnownSchema } from './moved.js';
import { ensureSchema, SCHEMA_VERSION, schemaVersion } from './schema.js';

/** Milliseconds a unit of work waits for other writers before it gives up. */
export const DEFAULT_BUSY_TIMEOUT_MS = 10_000;

/** Migrations of a large journal, after loading TypeORM: slow machines need a while. */
const SCHEMA_PATIENCE_MS = 30_000;

export interface OpenOptions {
  readonly busyTimeoutMs?: number;
  /** The file may grow to so many pages: a small disk, for tests. */
  readonly maxPages?: number;
}

/** A commit leaves its sync to a later one at most for so many milliseconds. */
const SYNC_WITHIN_MS = 200;
const SYNC_LATER = 'PRAGMA synchronous = NORMAL';
const SYNC_NOW = 'PRAGMA synchronous = FULL';
/** What `PRAGMA synchronous` returns then. */
const FULL = 2;

const DATA_VERSION = 'SELECT data_version AS others FROM pragma_data_version';
const OWN_CHANGES = 'SELECT total_changes() AS own';

type Work<T> = (db: Database.Database) => T;

/**
 * When a commit survives a power cut. `now`: before `write` returns. `soon`:
 * with the next commit that is synced, in order, so that nothing later is ever
 * there without it; a kill of the process loses neither.
 */
export type Durable = 'now' | 'soon';

/**
 * One connection to journal.db. Stores hand it synchronous units of work; each
 * is one atomic transaction, and none can be left open across an await.
 */
export class JournalDatabase {
  readonly #db: Database.Database;
  readonly #busyTimeoutMs: number;
  /** Undefined for a connection that only reads. */
  readonly #files: OpenedDatabase | undefined;
  /** The file of one that only reads. */
  readonly #read: OpenedFile | undefined;
  readonly #statements = new Map<string, Database.Statement>();
  #schemaVersion: Database.Statement | undefined;
  /** Whether it was opened so that every commit is synced; read when it first matters. */
  #isFull: boolean | undefined;
  /** What says that the journal is somewhere else now, or will be. */
  #moved: JournalMovedError | undefined;
  /** When a commit that could have left its sync to a later one was synced all the same. */
  #syncedAt = 0;

  private constructor(
    db: Database.Database,
    options: OpenOptions,
    files: OpenedDatabase | OpenedFile,
  ) {
    this.#db = db;
    this.#files = files instanceof OpenedFile ? undefined : files;
    this.#read = files instanceof OpenedFile ? files : undefined;
    this.#busyTimeoutMs = options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS;
  }

  /**
   * Opens for writing: creates the file (0600) and brings its schema up to
   * date. Throws `StorageUnavailableError` or `NewerSchemaError`.
   */
  static async open(file: string, options: OpenOptions = {}): Promise<JournalDatabase> {
    let db: Database.Database | undefined;
    try {
      ensurePrivateFile(file);
      const files = openedDatabase(file);
      db = await connect(file, options, files);
      await ensureSchema(
        db,
        Math.max(options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS, SCHEMA_PATIENCE_MS),
      );
      if (options.maxPages !== undefined) db.pragma(`max_page_count = ${options.maxPages}`);
      files.noteSidecars();
      return new JournalDatabase(db, options, files);
    } catch (error) {
      db?.close();
      throw asStorageError(file, error);
    }
  }

  /** Opens for reading only; undefined when there is no journal yet. Changes nothing. */
  static openReadOnly(file: string, options: OpenOptions = {}): JournalDatabase | undefined {
    if (!isPlainFile(file)) return undefined;
    let db: Database.Database | undefined;
    try {
      assertRoomToRead(file);
      const opened = new OpenedFile(file);
      db = new Database(file, { readonly: true, fileMustExist: true, timeout: DRIVER_TIMEOUT_MS });
      assertOurs(db);
      if (schemaVersion(db) === 0) {
        db.close();
        return undefined;
      }
      assertReadable(db);
      return new JournalDatabase(db, options, opened);
    } catch (error) {
      db?.close();
      throw asStorageError(file, error);
    }
  }

  get file(): string {
    return this.#db.name;
  }

  /** A prepared statement, kept for the life of the connection. */
  statement<P extends unknown[] | object = unknown[], R = unknown>(
    sql: string,
  ): Database.Statement<P extends unknown[] ? P : [P], R> {
    this.#assertOpen();
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#prepare(sql);
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
    this.#assertInPlace();
    this.read(() => this.#assertKnownSchema());
  }

  /**
   * True when the file at the path is not the one that is open. This connection
   * is closed then, and further use of it fails with the reason.
   */
  isReplaced(): boolean {
    const isReplaced = this.#files?.isReplaced() ?? this.#read?.change() !== undefined;
    if (!isReplaced && !this.#isMoved()) return false;
    this.#closeQuietly();
    return true;
  }

  /** Changes whenever anything in the file may have: by this connection or by another. */
  version(): string {
    const own = this.statement(OWN_CHANGES).pluck().get();
    return `${this.versionOfOthers()} ${own}`;
  }

  /** The same for changes by other connections alone. */
  versionOfOthers(): string {
    return String(this.statement(DATA_VERSION).pluck().get());
  }

  #prepare(sql: string): Database.Statement {
    try {
      return this.#db.prepare(sql);
    } catch (error) {
      throw asStorageError(this.file, error);
    }
  }

  /**
   * Runs one IMMEDIATE transaction; waits for other writers off the event
   * loop. On any error nothing of it is stored. Synchronous work on purpose:
   * from BEGIN to COMMIT there is no await, so nothing can interleave. What was
   * written to a file that is replaced meanwhile counts as an error. The work
   * finds every event filed.
   */
  write<T>(work: Work<T>, durable: Durable = 'now'): Promise<T> {
    return this.#write((db) => {
      fileRecent((sql) => this.statement(sql));
      return work(db);
    }, durable);
  }

  /** The same for captures, which leave events unfiled and read neither `live` nor a counter before they file them. */
  append<T>(work: Work<T>): Promise<T> {
    return this.#write(work, 'now');
  }

  async #write<T>(work: Work<T>, durable: Durable): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
      const done = durable === 'soon' ? this.#trySoon(work, deadline) : this.#try(work, deadline);
      if (done !== undefined) return done.result;
      await delay(wait * (0.5 + Math.random()));
    }
  }

  /** Runs reads on one consistent snapshot; never blocks or waits for a writer. */
  read<T>(work: Work<T>): T {
    this.#assertOpen();
    try {
      return this.#db.transaction(work).deferred(this.#db);
    } catch (error) {
      throw asStorageError(this.file, error);
    }
  }

  /**
   * Work that SQLite wants outside of any transaction: VACUUM, checkpoints,
   * pragmas. Waits for other connections as `write` does.
   */
  async maintain<T>(work: Work<T>): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (;;) {
      this.#assertInPlace();
      this.#files?.assertRoom();
      try {
        return work(this.#db);
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw asStorageError(this.file, error);
      }
      await delay(50 * (0.5 + Math.random()));
    }
  }

  close(): void {
    this.#db.close();
    releaseIndex(this.file);
  }

  /** Undefined when another writer is at work and there is time left to wait for it. */
  #try<T>(work: Work<T>, deadline: number): { readonly result: T } | undefined {
    return this.#tryBegin(deadline) ? { result: this.#finish(work) } : undefined;
  }

  /** The same without waiting for the disk, unless this is the first for a while. */
  #trySoon<T>(work: Work<T>, deadline: number): { readonly result: T } | undefined {
    const now = performance.now();
    const isOverdue = now - this.#syncedAt > SYNC_WITHIN_MS;
    if (isOverdue) this.#syncedAt = now;
    this.#isFull ??= this.statement('PRAGMA synchronous').pluck().get() === FULL;
    if (isOverdue || !this.#isFull) return this.#try(work, deadline);
    this.statement(SYNC_LATER).run();
    try {
      return this.#try(work, deadline);
    } finally {
      if (this.#db.open) this.statement(SYNC_NOW).run();
    }
  }

  /** False when another writer is at work and there is time left to wait for it. */
  #tryBegin(deadline: number): boolean {
    if (this.#files?.wasLookedAtJustNow() !== true) this.#assertInPlace();
    this.#files?.assertRoom();
    try {
      this.statement('BEGIN IMMEDIATE').run();
      return true;
    } catch (error) {
      if (isBusy(error) && performance.now() < deadline) return false;
      throw asStorageError(this.file, error);
    }
  }

  #finish<T>(work: Work<T>): T {
    try {
      this.#assertKnownSchema();
      const result = work(this.#db);
      step('storage.commit');
      this.statement('COMMIT').run();
      this.#assertInPlace();
      return result;
    } catch (error) {
      // SQLITE_FULL and IOERR have ended the transaction already.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw asStorageError(this.file, error);
    }
  }

  /** Read within the transaction: from here to its end no other process can change it. */
  #assertKnownSchema(): void {
    this.#schemaVersion ??= this.#prepare('PRAGMA user_version').pluck();
    const version = this.#schemaVersion.get() as number;
    try {
      assertKnownSchema(this.#db, version);
    } catch (error) {
      if (error instanceof JournalMovedError) this.#moved = error;
      throw error;
    }
  }

  /** Whoever writes finds it out by writing; who only reads looks here. */
  #isMoved(): boolean {
    if (this.#moved === undefined && this.#read !== undefined && this.#db.open)
      try {
        this.#assertKnownSchema();
      } catch {
        // Any other error is for the next use of the connection to meet.
      }
    return this.#moved !== undefined;
  }

  #assertInPlace(): void {
    if (this.isReplaced()) this.#assertOpen();
  }

  #assertOpen(): void {
    if (this.#moved !== undefined) throw this.#moved;
    this.#files?.assertKept();
  }

  /** A statement that is being stepped through keeps the connection open until it ends. */
  #closeQuietly(): void {
    try {
      if (!this.#db.open || this.#db.inTransaction) return;
      if (this.#files?.hasOnlyLostItsLog() === true) this.#db.pragma('wal_checkpoint');
      this.close();
    } catch {
      // It closes when it is collected.
    }
  }
}

/** The switch to WAL of a new file can meet another process doing the same. */
async function connect(
  file: string,
  options: OpenOptions,
  files: OpenedDatabase,
): Promise<Database.Database> {
  const deadline = performance.now() + (options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS);
  for (;;) {
    const db = new Database(file, { timeout: DRIVER_TIMEOUT_MS });
    try {
      assertNotNewer(db);
      assertOurs(db);
      configureConnection(db);
      files.restartLog(db);
      if (files.hasSmallBlocks) allocateIndex(db);
      return db;
    } catch (error) {
      db.close();
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await delay(10 * (0.5 + Math.random()));
  }
}

/** Before any pragma writes: a newer file is left exactly as it is. */
function assertNotNewer(db: Database.Database): void {
  assertKnownSchema(db, schemaVersion(db));
}

/** All that a first schema migration which was interrupted leaves behind. */
const BEFORE_THE_FIRST = new Set(['migrations', 'sqlite_sequence']);

/**
 * A database of another program, put or linked here by mistake, is left as it
 * is: it gets neither tables of ours nor another journal mode.
 */
function assertOurs(db: Database.Database): void {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const version = schemaVersion(db);
  // Of a newer redrain, about which `assertNotNewer` has more to say.
  if (version > SCHEMA_VERSION) return;
  const isOurs =
    version === 0
      ? tables.every((name) => BEFORE_THE_FIRST.has(String(name)))
      : tables.includes('event') && tables.includes('payload');
  if (!isOurs)
    throw new StorageUnavailableError(db.name, 'readonly', 'it is a database of another program');
}

function assertReadable(db: Database.Database): void {
  assertNotNewer(db);
  if (schemaVersion(db) < SCHEMA_VERSION) throw new OlderSchemaError(db.name);
  provideDigest(db);
}
