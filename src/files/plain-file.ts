import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { RedrainError } from '../base/error.js';

/** Something stands where a file is expected that no program could read to its end. */
export class NotPlainFileError extends RedrainError {
  override readonly name = 'NotPlainFileError';
  readonly code = 'NOT_PLAIN_FILE';
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

/**
 * Room for eighty thousand projects. A file beyond it is a mistake or an
 * attack. Parsing holds the event loop (0.2 s for fifty thousand projects), and
 * happens once for each change of the file.
 */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/**
 * The bytes of a file, links followed. A pipe or a device in its place is
 * refused instead of waited for: opening a FIFO that nobody writes to would
 * stop the whole process, signals included.
 *
 * @throws NotPlainFileError, or what the file system says.
 */
export function readPlainFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new NotPlainFileError(path, 'it is a directory');
    if (!stat.isFile()) throw new NotPlainFileError(path, 'it is a pipe or a device, not a file');
    if (stat.size > maxBytes)
      throw new NotPlainFileError(path, `its ${stat.size} bytes are more than ${maxBytes}`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
