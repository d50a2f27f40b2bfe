import { closeSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from './directory.js';
import { asStorageError, errorCode, StorageUnavailableError } from './storage-errors.js';

/**
 * Makes sure a file exists, readable by its owner alone, in a directory of the
 * same kind. An existing one is not opened: closing a descriptor of a live
 * database would drop the locks this process holds on it: POSIX releases
 * them with any descriptor of the file.
 *
 * @throws StorageUnavailableError when something else stands in its place.
 */
export function ensurePrivateFile(file: string): void {
  makeDirectory(dirname(file));
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    isPlainFile(file);
  }
}

/**
 * False when there is nothing of that name. A pipe or device in place of a
 * database would be waited for without end; behind a link to nothing (a disk
 * that is not mounted) SQLite would make a new one, and call the journal empty.
 *
 * @throws StorageUnavailableError for those.
 */
export function isPlainFile(file: string): boolean {
  const stat = statOf(file);
  if (stat?.isFile()) return true;
  if (stat !== undefined)
    throw new StorageUnavailableError(file, 'readonly', 'it is not a regular file');
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return false;
  throw new StorageUnavailableError(file, 'readonly', 'it is a link to a file that does not exist');
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw asStorageError(file, error);
  }
}
