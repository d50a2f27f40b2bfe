import { accessSync, closeSync, constants, openSync, statfsSync } from 'node:fs';
import { errorCode } from './trouble.js';

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
