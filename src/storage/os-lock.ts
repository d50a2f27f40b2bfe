import { lstatSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { isBusy, StorageUnavailableError } from './errors.js';
import { ensurePrivateFile } from './private-file.js';

/** Milliseconds between two tries for a lock that another process holds. */
const RETRY_MS = 20;

/**
 * A lock on a file, held by an open exclusive transaction: the kernel frees it
 * the moment its holder dies, however it dies (measured: 3 ms after kill -9).
 */
export class OsLock {
  readonly #db: Database.Database;

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /** The lock, or undefined when another connection holds it. */
  static tryAcquire(file: string): OsLock | undefined {
    ensurePrivateFile(file);
    refuseLink(file);
    const db = new Database(file, { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
      return new OsLock(db);
    } catch (error) {
      db.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
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
