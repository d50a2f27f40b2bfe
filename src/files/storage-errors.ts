import { accessSync, closeSync, constants, openSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import {
  errorCode,
  plainMessage,
  remedyOf,
  systemCode,
  troubleRemedy,
  troubleWords,
} from './trouble.js';

export { errorCode };

/** Why a database could not do its work, in the terms its callers act on. */
export type StorageTrouble =
  | 'busy'
  | 'full'
  | 'readonly'
  | 'corrupt'
  | 'io'
  | 'limit'
  | 'replaced'
  | 'unreachable'
  | 'forbidden';

/** The database cannot be used right now; nothing of the failed unit of work is stored. */
export class StorageUnavailableError extends RedrainError {
  override readonly name = 'StorageUnavailableError';
  readonly code = 'STORAGE_UNAVAILABLE';
  constructor(
    readonly file: string,
    readonly trouble: StorageTrouble,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${WORDS[trouble]} (${detail})`, { ...options, advice: ADVICE[trouble] });
  }
}

const WORDS: Record<StorageTrouble, string> = {
  busy: 'the database stayed locked by another process',
  full: 'the disk is full',
  readonly: 'the database cannot be written',
  corrupt: 'the database is damaged',
  io: 'the disk reported an error',
  limit: 'the system does not open it',
  replaced: 'the file was replaced or removed while this process had it open',
  unreachable: 'the database server cannot be used',
  forbidden: 'the role of the storage URL has no right to do this',
};

const ADVICE: Partial<Record<StorageTrouble, string>> = {
  corrupt: '`redrain doctor` says what to do',
  forbidden: '`redrain storage check` says what it may',
};

/** The file was written by a newer redrain; this one must not touch it. */
export class NewerSchemaError extends RedrainError {
  override readonly name = 'NewerSchemaError';
  readonly code = 'SCHEMA_NEWER';
  constructor(
    readonly file: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `${file} was written by a newer redrain (schema ${found}, this program knows up to ${known}): upgrade redrain`,
    );
  }
}

/** The file has an older schema and may not be changed by the command at hand. */
export class OlderSchemaError extends RedrainError {
  override readonly name = 'OlderSchemaError';
  readonly code = 'SCHEMA_OLDER';
  constructor(readonly file: string) {
    super(`${file} has an older schema`, {
      advice: 'any writing command (for instance `redrain capture`) brings it up to date',
    });
  }
}

/** The journal of this file is copied to another place, or was: nothing may be written here any more. */
export class JournalMovedError extends RedrainError {
  override readonly name = 'JournalMovedError';
  readonly code = 'JOURNAL_MOVED';
  override readonly exitCode = EXIT.badInput;
  /** `place`: where it goes, for people. */
  constructor(
    readonly file: string,
    readonly place: string,
    readonly isFinished: boolean,
  ) {
    super(`${file}: this journal ${isFinished ? 'was moved' : 'is being copied'} to the ${place}`, {
      advice: isFinished
        ? 'name that in storage.url of config.toml (`redrain config set storage.url URL`) or in REDRAIN_STORAGE_URL'
        : '`redrain storage import` finishes that, and `redrain storage import --cancel` undoes it',
    });
  }
}

/** A server's journal is being filled from a file, and nobody may work with it yet. */
export class JournalArrivingError extends RedrainError {
  override readonly name = 'JournalArrivingError';
  readonly code = 'JOURNAL_ARRIVING';
  override readonly exitCode = EXIT.badInput;
  constructor(readonly file: string) {
    super(`${file}: this journal is being filled from the file of a home, and is not complete`, {
      advice: '`redrain storage import` in that home finishes it',
    });
  }
}

const TROUBLES: [prefix: string, trouble: StorageTrouble][] = [
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_FULL', 'full'],
  ['SQLITE_READONLY', 'readonly'],
  ['SQLITE_CANTOPEN', 'readonly'],
  ['SQLITE_PERM', 'readonly'],
  ['SQLITE_AUTH', 'readonly'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['SQLITE_IOERR', 'io'],
  ['SQLITE_NOMEM', 'io'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'readonly'],
  ['EACCES', 'readonly'],
  ['EPERM', 'readonly'],
  ['ENOENT', 'readonly'],
  ['ENOTDIR', 'readonly'],
  ['EISDIR', 'readonly'],
  ['EEXIST', 'readonly'],
  ['ELOOP', 'readonly'],
  ['EIO', 'io'],
  ['EUCLEAN', 'io'],
  ['EMFILE', 'limit'],
  ['ENFILE', 'limit'],
  ['ENOMEM', 'limit'],
  ['ENAMETOOLONG', 'limit'],
];

/** True for errors that a later try may not meet. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error));
}

/** Our statements fit our schema: where one does not, the file has been changed. */
function isAboutSchema(error: unknown): boolean {
  return (
    errorCode(error) === 'SQLITE_ERROR' &&
    /^no such (table|column|index)|has no column|malformed/.test((error as Error).message)
  );
}

/** SQLite gives these for many causes, and does not say which. */
const UNCLEAR = /^SQLITE_(CANTOPEN|READONLY|IOERR)/;

/**
 * Turns an engine's error into ours where callers act on it; other errors pass
 * unchanged. What SQLite leaves open is looked up at the directory of the file.
 */
export function asStorageError(file: string, error: unknown): unknown {
  const trouble = troubleOf(error);
  if (trouble === undefined) return error;
  const found = UNCLEAR.test(errorCode(error)) ? troubleOfPlace(dirname(file)) : undefined;
  const cause = found ?? error;
  const detail = detailOf(file, cause);
  return new StorageUnavailableError(file, troubleOf(cause) ?? trouble, detail, { cause: error });
}

function troubleOf(error: unknown): StorageTrouble | undefined {
  const code = systemCode(error);
  const known = TROUBLES.find(([prefix]) => code.startsWith(prefix))?.[1];
  return known ?? (isAboutSchema(error) ? 'corrupt' : undefined);
}

/** What the trouble does not say already: which path it is about, and what to do. */
function detailOf(file: string, error: unknown): string {
  const remedy = troubleRemedy(error);
  if (remedy !== undefined && troubleWords(error) === WORDS[troubleOf(error) ?? 'io'])
    return remedy;
  if (errorCode(error) === 'SQLITE_FULL') return remedyOf('ENOSPC');
  const { path } = error as NodeJS.ErrnoException;
  const message = plainMessage(error);
  return path === file ? message.replace(`${file}: `, '') : message;
}

/** Less room than this is none: not even the next block of each file of a database has a place. */
const NO_ROOM_BYTES = 64 * 1024;

/**
 * What keeps a directory from being written, as the error that the file system
 * would give; undefined when nothing is seen. For errors of SQLite, which says
 * "unable to open database file" of a full disk and of a lack of permission alike.
 */
export function troubleOfPlace(directory: string): NodeJS.ErrnoException | undefined {
  try {
    closeSync(openSync(directory, 'r'));
    accessSync(directory, constants.W_OK | constants.X_OK);
    return hasRoom(directory) ? undefined : noRoom(directory);
  } catch (error) {
    return errorCode(error) === '' ? undefined : (error as NodeJS.ErrnoException);
  }
}

/** False when the file system has no block, or no name, left for this user. */
function hasRoom(directory: string): boolean {
  const { bavail, bsize, files, ffree } = statfsSync(directory);
  return bavail * bsize >= NO_ROOM_BYTES && (files === 0 || ffree > 0);
}

function noRoom(directory: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`ENOSPC: no space left on device, '${directory}'`);
  return Object.assign(error, { code: 'ENOSPC', syscall: 'statfs', path: directory });
}
