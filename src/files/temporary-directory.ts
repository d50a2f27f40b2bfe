import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { StorageUnavailableError } from './storage-errors.js';

/** Where SQLite looks for itself, after `SQLITE_TMPDIR` and `TMPDIR`. */
const OF_THE_SYSTEM = ['/var/tmp', '/usr/tmp', '/tmp'];

/**
 * Directories that SQLite can put a temporary file into, best first: the one
 * an operator named for it, one beside the database (which has to be writable
 * anyway), those of the system.
 */
export function temporaryDirectories(beside: string, env: NodeJS.ProcessEnv): string[] {
  const named = env.SQLITE_TMPDIR ?? '';
  const all = [named, beside, env.TMPDIR ?? '', ...OF_THE_SYSTEM].filter(isUsable);
  return [...new Set(all)];
}

/**
 * Has SQLite find a directory for its temporary files in this process, whose
 * queries may sort more than fits into memory: the one given when the system
 * has none. Called once, before the first database is opened. Changes nothing
 * where there is one.
 */
export function provideTemporaryDirectory(
  fallback: string,
  env: NodeJS.ProcessEnv,
  ofTheSystem: readonly string[] = OF_THE_SYSTEM,
): void {
  const own = [env.SQLITE_TMPDIR ?? '', env.TMPDIR ?? '', ...ofTheSystem];
  if (own.some(isUsable) || !isUsable(fallback)) return;
  env.SQLITE_TMPDIR = fallback;
}

/**
 * A directory for temporary files of our own, none of SQLite's.
 *
 * @throws StorageUnavailableError when there is none.
 */
export function ownTemporaryDirectory(
  named = tmpdir(),
  ofTheSystem: readonly string[] = OF_THE_SYSTEM,
): string {
  const found = [named, ...ofTheSystem].find(isUsable);
  if (found !== undefined) return found;
  const detail = 'no directory for temporary files can be written: name one in TMPDIR';
  throw new StorageUnavailableError(named, 'readonly', detail);
}

/** A directory that files can be made in. */
export function isUsable(directory: string): boolean {
  if (directory === '') return false;
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return statSync(directory).isDirectory();
  } catch {
    return false;
  }
}
