import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './errors.js';

/**
 * Makes sure a file exists, readable by its owner alone, in a directory of the
 * same kind. An existing one is not opened: closing a descriptor of a live
 * database would drop the locks this process holds on it (FIELD-NOTES.md).
 */
export function ensurePrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
