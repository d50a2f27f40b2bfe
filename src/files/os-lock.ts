import { lstatSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { OpenedFile } from './opened-file.js';
import { ensurePrivateFile } from './private-file.js';
import { asStorageError, isBusy, StorageUnavailableError } from './storage-errors.js';

/** Milliseconds between two tries for a lock that another process holds. */
const RETRY_MS = 20;

/**
 * A lock on a file, held by an open exclusive transaction: the kernel frees it
 * the moment its holder dies, however it dies (measured: 3 ms after kill -9).
 */
export class OsLock {
  readonly #db: Database.Database;
  readonly #file: OpenedFile;

  private constructor(db: Database.Database, file: OpenedFile) {
    this.#db = db;
    this.#file = file;
  }

  /**
   * The lock, or undefined when another connection holds it.
   *
   * @throws StorageUnavailableError when the file cannot be made or opened.
   */
  static tryAcquire(file: string): OsLock | undefined {
    let db: Database.Database | undefined;
    try {
      ensurePrivateFile(file);
      refuseLink(file);
      const opened = new OpenedFile(file);
      db = new Database(file, { timeout: 0 });
      db.exec('BEGIN EXCLUSIVE');
      const lock = new OsLock(db, opened);
      if (lock.isHeld()) return lock;
      // Replaced at this very moment: whoever locks the new file holds the lock.
      lock.release();
      return undefined;
    } catch (error) {
      db?.close();
      if (isBusy(error)) return undefined;
      throw asStorageError(file, error);
    }
  }

  /** False once the file was removed or replaced: another process may have locked a new one. */
  isHeld(): boolean {
    return this.#db.open && this.#file.change() === undefined;
  }

  /** Waits for the lock; undefined when the signal aborts first. */
  static async acquire(file: string, signal?: AbortSignal): Promise<OsLock | undefined> {
    while (signal?.aborted !== true) {
      const lock = OsLock.tryAcquire(file);
      if (lock !== undefined) return lock;
      await delay(RETRY_MS * (0.5 + Math.random()));
    }
    return undefined;
  }

  release(): void {
    this.#db.close();
  }
}

/** Behind a link could be anybody's database, which we would keep from them for as long as we work. */
function refuseLink(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  const detail = 'it is a link, and a lock must be a file of its own: remove it';
  throw new StorageUnavailableError(file, 'readonly', detail);
}
