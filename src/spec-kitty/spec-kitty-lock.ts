import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** As long as Spec Kitty waits for it itself. */
const WAIT_MS = 10_000;
const RETRY_MS = 100;
/** `flock` says this, and only this, when somebody else has the lock. */
const HELD_BY_ANOTHER = 1;
/** Of BSD and macOS; Node has no name for it, and passes it through. */
const O_EXLOCK = 0x20;

/**
 * Runs `work` while holding the lock that Spec Kitty takes to read or write its
 * `credentials`: an exclusive flock(2) on `credentials.lock` beside it (as in its
 * source, where it waits ten seconds for it).
 *
 * Node cannot flock. On macOS and the BSDs the lock comes with opening the
 * file; on Linux `flock` of util-linux locks a descriptor that it shares with
 * us, so the lock stays ours until we close it or die. Where neither is to be
 * had (Windows, no such program, a directory we may not write), or when the
 * lock does not come free in time, the work is done all the same: it replaces
 * the file in one step after comparing what it holds, so a reader never sees
 * half of it, and a token that is not written down is lost for good.
 */
export async function holdingSpecKittyLock<T>(
  credentials: string,
  work: () => Promise<T>,
): Promise<T> {
  const descriptor = await lock(`${credentials}.lock`);
  try {
    return await work();
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

type Attempt = { readonly descriptor: number } | 'held by another' | 'cannot lock';

async function lock(file: string): Promise<number | undefined> {
  const deadline = performance.now() + WAIT_MS;
  const attempt = process.platform === 'linux' ? lockByProgram : lockByOpening;
  for (;;) {
    const result = await attempt(file);
    if (typeof result === 'object') return result.descriptor;
    if (result === 'cannot lock' || performance.now() >= deadline) return undefined;
    await pause(RETRY_MS);
  }
}

async function lockByProgram(file: string): Promise<Attempt> {
  const descriptor = open(file, constants.O_RDWR | constants.O_CREAT);
  if (typeof descriptor !== 'number') return 'cannot lock';
  const code = await runFlock(descriptor);
  // Its last holder may have removed the file: then this is a lock on nothing.
  if (code === 0 && fstatSync(descriptor).nlink > 0) return { descriptor };
  closeSync(descriptor);
  return code === 0 || code === HELD_BY_ANOTHER ? 'held by another' : 'cannot lock';
}

async function lockByOpening(file: string): Promise<Attempt> {
  if (process.platform === 'win32') return 'cannot lock';
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants;
  const descriptor = open(file, O_RDWR | O_CREAT | O_NONBLOCK | O_EXLOCK);
  if (typeof descriptor === 'number') return { descriptor };
  return descriptor === 'EAGAIN' ? 'held by another' : 'cannot lock';
}

/** The descriptor, or the code of the error. */
function open(file: string, flags: number): number | string {
  try {
    return openSync(file, flags, 0o600);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  }
}

/** The exit code of `flock -n` on our descriptor; null when it cannot be run. */
function runFlock(descriptor: number): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn('flock', ['-n', '-x', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', descriptor],
    });
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
}
