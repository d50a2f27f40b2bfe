import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import {
  allocateIndex,
  assertRoomForIndex,
  type Refusal,
  releaseIndex,
} from '../../files/log-index.js';
import { OpenedDatabase } from '../../files/opened-database.js';
import { errorCode, plainMessage } from '../../files/trouble.js';
import * as sql from './sink.sql.js';

/** Another process may be writing; a sink can afford to wait for it. */
export const BUSY_TIMEOUT_MS = 5_000;

/** The sink cannot take events now; nothing of the post is stored in the file at its path. */
export class SinkUnavailableError extends Error {
  override readonly name = 'SinkUnavailableError';
}

export const refusal: Refusal = (file, trouble, detail) =>
  new SinkUnavailableError(
    trouble === 'full'
      ? `${file}: the disk is full (${detail})`
      : `${file}: the file was replaced or removed while the sink had it open (${detail})`,
  );

/** What SQLite or the file system refuses, as trouble of the sink; any other error as it is. */
export function unavailable(file: string, error: unknown): unknown {
  if (error instanceof SinkUnavailableError || errorCode(error) === '') return error;
  const message = plainMessage(error);
  return new SinkUnavailableError(message.startsWith(file) ? message : `${file}: ${message}`, {
    cause: error,
  });
}

/** One open database of a sink, and the files that it was opened from. */
export class SinkConnection {
  readonly db: Database.Database;
  /** Random, made with the database and kept in it. */
  readonly instanceId: string;
  /** Undefined for a sink in memory. */
  readonly #files: OpenedDatabase | undefined;

  /** Opens or creates the database, readable by its owner alone. Throws when it cannot. */
  constructor(file: string, durable: boolean) {
    const isFile = file !== ':memory:';
    if (isFile) createPrivately(file);
    this.#files = isFile ? new OpenedDatabase(file, refusal) : undefined;
    this.db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      this.#prepare(durable);
      this.instanceId = this.#keep('server_instance_id', randomUUID());
      this.#files?.noteSidecars();
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** True once the file at the path is not the one that is open. */
  isReplaced(): boolean {
    return this.#files?.isReplaced() === true;
  }

  /**
   * One transaction, whose result counts only when the file is still in place.
   *
   * @throws SinkUnavailableError when it is not, and for what SQLite or the disk refuses.
   */
  write<T>(work: () => T): T {
    try {
      this.#files?.assertRoom();
      const result = this.db.transaction(work).immediate();
      this.#files?.assertInPlace();
      return result;
    } catch (error) {
      throw unavailable(this.db.name, error);
    }
  }

  close(): void {
    if (this.isReplaced()) this.#files?.abandon(this.db);
    else this.db.close();
    releaseIndex(this.db.name);
  }

  #prepare(durable: boolean): void {
    this.db.pragma('journal_mode = WAL');
    this.db.pragma(`synchronous = ${durable ? 'FULL' : 'OFF'}`);
    this.#files?.restartLog(this.db);
    if (this.#files?.hasSmallBlocks === true) allocateIndex(this.db);
    this.db.exec(sql.CREATE);
  }

  #keep(name: string, value: string): string {
    this.db.prepare(sql.KEEP_ABOUT).run(name, value);
    return this.db.prepare<[string], string>(sql.READ_ABOUT).pluck().get(name)!;
  }
}

/** Work on a file that no sink of this process need have open. */
export function inSinkFile<T>(
  file: string,
  options: Database.Options,
  work: (db: Database.Database) => T,
): T {
  assertRoomForIndex(file, refusal);
  const db = new Database(file, { ...options, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/**
 * Only when it is not there yet: closing a descriptor of a database that this
 * process has open would drop SQLite's locks on it.
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
