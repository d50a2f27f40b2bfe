import { existsSync, realpathSync, statSync } from 'node:fs';
import type BetterSqlite3 from 'better-sqlite3';
import { OpenedFile } from '../files/opened-file.js';
import { StorageUnavailableError } from './errors.js';
import { assertRoomForIndex, hasSmallBlocks } from './log-index.js';

/**
 * The three files of an open database in WAL mode. SQLite never looks at their
 * paths again, so that it goes on writing into files that were replaced (a
 * backup put in place, a removed home, a volume mounted over it): whoever says
 * that something is stored asks here before.
 */
export class OpenedDatabase {
  readonly #file: string;
  readonly #main: OpenedFile;
  /** The log and its index: whoever loses one of them has lost what is in the log. */
  #log: OpenedFile | undefined;
  #index: OpenedFile | undefined;
  #change: string | undefined;
  readonly hasSmallBlocks: boolean;
  /** Nothing is in the log, and there is an index: perhaps that of a log that was deleted. */
  readonly #mayHaveLostItsLog: boolean;

  /**
   * Before the file is opened: it exists, and SQLite opens this one.
   *
   * @throws StorageUnavailableError when a log of another file lies beside it,
   * and when the disk is too full to open it.
   */
  constructor(file: string) {
    this.#file = file;
    assertNoLogOfAnother(file);
    const path = realpathSync(file);
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
    this.#mayHaveLostItsLog = existsSync(`${path}-shm`) && (log?.size ?? 0) === 0;
    this.hasSmallBlocks = hasSmallBlocks(file);
    this.assertRoom();
    this.#main = new OpenedFile(file);
  }

  /**
   * Makes the log begin anew where it was deleted: its index is of the deleted
   * one still, and SQLite would write behind frames that are not there.
   *
   * @throws StorageUnavailableError while another program reads by that index.
   */
  restartLog(db: BetterSqlite3.Database): void {
    if (!this.#mayHaveLostItsLog || checkpoint(db, 'PASSIVE').log <= 0) return;
    if (checkpoint(db, 'TRUNCATE').busy === 0) return;
    const what = `${this.#file}-wal was deleted while other programs use it: end them`;
    throw new StorageUnavailableError(this.#file, 'replaced', what);
  }

  /** Once SQLite has opened the log. @throws StorageUnavailableError when the file was replaced meanwhile. */
  noteSidecars(): void {
    this.assertInPlace();
    const path = realpathSync(this.#file);
    this.#log = new OpenedFile(`${path}-wal`);
    this.#index = new OpenedFile(`${path}-shm`);
  }

  /** True once a file is not the one that is open; it stays so. Costs some microseconds. */
  isReplaced(): boolean {
    if (this.#change !== undefined) return true;
    const main = this.#main.change();
    this.#change = main ?? this.#log?.change() ?? this.#index?.change();
    if (main !== undefined && this.#log !== undefined) noteLeftLog(this.#file, this.#log);
    return this.#change !== undefined;
  }

  /**
   * True when the file is in place and its log was deleted: what the log holds
   * can still be brought into the file by whoever has it open.
   */
  hasOnlyLostItsLog(): boolean {
    return this.#main.change() === undefined && this.#log?.isGone() === true;
  }

  /** Before a transaction. @throws StorageUnavailableError when a full disk could end the process. */
  assertRoom(): void {
    if (this.hasSmallBlocks) assertRoomForIndex(this.#file);
  }

  /** Looks at the files. @throws StorageUnavailableError when one is not the one that is open. */
  assertInPlace(): void {
    if (this.isReplaced()) this.assertKept();
  }

  /** Without a look. @throws StorageUnavailableError when an earlier look found another file. */
  assertKept(): void {
    if (this.#change === undefined) return;
    throw new StorageUnavailableError(this.#file, 'replaced', this.#change);
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

/** Logs of files that were replaced without them, by the path of the file. */
const LEFT_LOGS = new Map<string, OpenedFile>();

function noteLeftLog(file: string, log: OpenedFile): void {
  if (log.exists && log.change() === undefined) LEFT_LOGS.set(file, log);
}

/** SQLite would play it into the new file, and make one of two states of the database. */
function assertNoLogOfAnother(file: string): void {
  const log = LEFT_LOGS.get(file);
  if (log === undefined) return;
  if (log.change() !== undefined) {
    LEFT_LOGS.delete(file);
    return;
  }
  const what = `${log.path} belongs to the file that was there before: end every program that uses this home, then delete it and ${file}-shm`;
  throw new StorageUnavailableError(file, 'replaced', what);
}
