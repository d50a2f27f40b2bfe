import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { DirectoryWatch } from './directory-watch.js';
import { assertRoomForIndex, hasSmallBlocks, type Refusal } from './log-index.js';
import { OpenedFile } from './opened-file.js';
import { StorageUnavailableError } from './storage-errors.js';

const JUST_NOW_MS = 1;

/**
 * The three files of an open database in WAL mode. SQLite never looks at their
 * paths again, so that it goes on writing into files that were replaced (a
 * backup put in place, a removed home, a volume mounted over it): whoever says
 * that something is stored asks here before.
 */
export class OpenedDatabase {
  readonly #file: string;
  readonly #refusal: Refusal;
  readonly #main: OpenedFile;
  /** The log and its index: whoever loses one of them has lost what is in the log. */
  #log: OpenedFile | undefined;
  #index: OpenedFile | undefined;
  #change: string | undefined;
  #lookedAt = 0;
  /** Undefined where the path is a link: its directory says nothing of the file then. */
  readonly #directory: DirectoryWatch | undefined;
  readonly hasSmallBlocks: boolean;
  /** Nothing is in the log, and there is an index: perhaps that of a log that was deleted. */
  readonly #mayHaveLostItsLog: boolean;

  /**
   * Before the file is opened: it exists, and SQLite opens this one. All that
   * is thrown here is made by `refusal`.
   *
   * @throws when a log of another file lies beside it,
   * and when the disk is too full to open it.
   */
  constructor(file: string, refusal: Refusal) {
    this.#file = file;
    this.#refusal = refusal;
    assertNoLogOfAnother(file, refusal);
    const path = realpathSync(file);
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
    this.#mayHaveLostItsLog = existsSync(`${path}-shm`) && (log?.size ?? 0) === 0;
    this.hasSmallBlocks = hasSmallBlocks(file);
    this.assertRoom();
    this.#main = new OpenedFile(file);
    const place = resolve(file);
    const isLink = path !== `${realpathSync(dirname(place))}${place.slice(dirname(place).length)}`;
    this.#directory = isLink ? undefined : new DirectoryWatch(dirname(place));
  }

  /**
   * Makes the log begin again where it was deleted: its index is of the deleted
   * one still, and SQLite would write behind frames that are not there.
   *
   * @throws while another program reads by that index.
   */
  restartLog(db: BetterSqlite3.Database): void {
    if (!this.#mayHaveLostItsLog || checkpoint(db, 'PASSIVE').log <= 0) return;
    if (checkpoint(db, 'TRUNCATE').busy === 0) return;
    const what = `${this.#file}-wal was deleted while other programs use it: end them`;
    throw this.#refusal(this.#file, 'replaced', what);
  }

  /** Once SQLite has opened the log. @throws when the file was replaced meanwhile. */
  noteSidecars(): void {
    this.assertInPlace();
    const path = realpathSync(this.#file);
    this.#log = new OpenedFile(`${path}-wal`);
    this.#index = new OpenedFile(`${path}-shm`);
  }

  /**
   * True once a file is not the one that is open; it stays so. Costs one look at
   * the directory while nothing in it was made, renamed or removed.
   */
  isReplaced(): boolean {
    if (this.#change !== undefined) return true;
    this.#lookedAt = performance.now();
    if (this.#index !== undefined && this.#directory?.isAsBefore() === true) return false;
    const main = this.#main.change();
    this.#change = main ?? this.#log?.change() ?? this.#index?.change();
    if (main !== undefined && this.#log !== undefined) noteLeftLog(this.#file, this.#log);
    return this.#change !== undefined;
  }

  /** True when the last look was so short ago that a write may begin: one more follows before it is acknowledged. */
  wasLookedAtJustNow(): boolean {
    return this.#change === undefined && performance.now() - this.#lookedAt < JUST_NOW_MS;
  }

  /**
   * True when the file is in place and its log was deleted: what the log holds
   * can still be brought into the file by whoever has it open.
   */
  hasOnlyLostItsLog(): boolean {
    return this.#main.change() === undefined && this.#log?.isGone() === true;
  }

  /**
   * Closes a connection whose file was replaced. What its log holds goes into
   * the file it is of, wherever that is now; the log is then nobody's, and goes.
   */
  abandon(db: BetterSqlite3.Database): void {
    const isEmpty = isEmptied(db);
    db.close();
    if (!isEmpty) return;
    for (const sidecar of [this.#log, this.#index])
      if (sidecar !== undefined && sidecar.change() === undefined)
        rmSync(sidecar.path, { force: true });
  }

  /** Before a transaction. @throws when a full disk could end the process. */
  assertRoom(): void {
    if (this.hasSmallBlocks) assertRoomForIndex(this.#file, this.#refusal);
  }

  /** Looks at the files. @throws when one is not the one that is open. */
  assertInPlace(): void {
    if (this.isReplaced()) this.assertKept();
  }

  /** Without a look. @throws when an earlier look found another file. */
  assertKept(): void {
    if (this.#change === undefined) return;
    throw this.#refusal(this.#file, 'replaced', this.#change);
  }
}

/** `log` is the number of frames that the index knows of. */
function checkpoint(
  db: BetterSqlite3.Database,
  mode: 'PASSIVE' | 'TRUNCATE',
): { busy: number; log: number } {
  const [result] = db.pragma(`wal_checkpoint(${mode})`) as { busy: number; log: number }[];
  return result ?? { busy: 0, log: 0 };
}

/** False when somebody else still reads or writes by the log, and when the disk has no room. */
function isEmptied(db: BetterSqlite3.Database): boolean {
  try {
    return checkpoint(db, 'TRUNCATE').busy === 0;
  } catch {
    return false;
  }
}

/** Logs of files that were replaced without them, by the path of the file. */
const LEFT_LOGS = new Map<string, OpenedFile>();

function noteLeftLog(file: string, log: OpenedFile): void {
  if (log.exists && log.change() === undefined) LEFT_LOGS.set(file, log);
}

/** SQLite would play it into the new file, and make one of two states of the database. */
function assertNoLogOfAnother(file: string, refusal: Refusal): void {
  const log = LEFT_LOGS.get(file);
  if (log === undefined) return;
  if (log.change() !== undefined) {
    LEFT_LOGS.delete(file);
    return;
  }
  const what = `${log.path} belongs to the file that was there before: end every program that uses it, then delete it and ${file}-shm`;
  throw refusal(file, 'replaced', what);
}

const refusal: Refusal = (file, trouble, detail) =>
  new StorageUnavailableError(file, trouble, detail);

/** The files of a database that is about to be opened. @throws StorageUnavailableError. */
export const openedDatabase = (file: string): OpenedDatabase => new OpenedDatabase(file, refusal);

/** Before a database is opened to be read. @throws StorageUnavailableError when the disk is too full. */
export const assertRoomToRead = (file: string): void => assertRoomForIndex(file, refusal);
