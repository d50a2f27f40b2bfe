import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { isatty } from 'node:tty';

/** Standard output and standard error. */
export type StandardFd = 1 | 2;

/**
 * A descriptor for the same output whose `writeSync` returns EAGAIN where it
 * would otherwise wait for a reader. A wait inside write(2) holds up signals,
 * timers, health and locks of the whole process.
 *
 * Files and devices have no reader to wait for. Terminals and pipes are opened
 * once more, because O_NONBLOCK then belongs to this process alone: a program
 * that shares the descriptor and exits could take the flag away. Sockets
 * cannot be opened again; Node makes them non-blocking when its own stream is
 * created.
 */
export function nonBlocking(fd: StandardFd): number {
  const kind = kindOf(fd);
  if (kind === 'file') return fd;
  const own = kind === 'socket' ? undefined : openedAgain(fd);
  if (own === undefined) createNodeStream(fd);
  return own ?? fd;
}

type OutputKind = 'file' | 'pipe' | 'terminal' | 'socket';

function kindOf(fd: StandardFd): OutputKind {
  const stats = fstatSync(fd);
  if (stats.isFIFO()) return 'pipe';
  if (stats.isSocket()) return 'socket';
  return isatty(fd) ? 'terminal' : 'file';
}

/** Undefined where the system has no such path, or the output belongs to another user. */
function openedAgain(fd: StandardFd): number | undefined {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  let own: number;
  try {
    own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
  if (isSame(fstatSync(own), fstatSync(fd))) return own;
  closeSync(own);
  return undefined;
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function createNodeStream(fd: StandardFd): void {
  void (fd === 1 ? process.stdout : process.stderr);
}
