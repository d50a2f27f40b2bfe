import {
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from './directory.js';
import { errorCode } from './trouble.js';

/** Files that are being written carry this ending: one that is found later is left from a crash. */
export const UNFINISHED = '.tmp';

/** Writes a new file for its owner alone; its bytes are on disk when this returns, its name is not. */
export function writeNewFile(path: string, bytes: Buffer | string): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Gives a finished file its name; on disk when this returns. */
export function putInPlace(temporary: string, path: string): void {
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/**
 * Replaces a small file as a whole: readers, and a machine that loses power,
 * have the old one or the new one. Only for files that one process at a time
 * replaces. `written` is called between the two steps.
 */
export function replaceFile(path: string, bytes: Buffer | string, written?: () => void): void {
  const temporary = `${path}${UNFINISHED}`;
  rmSync(temporary, { force: true });
  try {
    writeNewFile(temporary, bytes);
    written?.();
    putInPlace(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

/** Removes a file; one that is gone is not an error. */
export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}
