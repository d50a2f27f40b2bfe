import { troubleWords } from '../files/trouble.js';
import { nonBlocking } from './descriptor.js';
import { Outlet } from './outlet.js';

/** Bytes of remarks that may wait for the reader of stderr. */
const MOST_REMARKS = 16 * 1024 * 1024;
/** Milliseconds that a command which is done grants a reader it does not have to wait for. */
const LAST_WORDS_MS = 2_000;

let out: Outlet | undefined;
let err: Outlet | undefined;

/**
 * Standard output of a command. What waits for its reader is kept, however
 * much it is: a pipe is there to be waited for. It stops for good when it
 * cannot be written.
 */
export function stdout(): Outlet {
  out ??= new Outlet(nonBlocking(1), { onFailure: 'stop', mostWaiting: Number.POSITIVE_INFINITY });
  return out;
}

/** Standard error of a command: remarks, warnings, progress. */
export function stderr(): Outlet {
  err ??= new Outlet(nonBlocking(2), { onFailure: 'stop', mostWaiting: MOST_REMARKS });
  return err;
}

/**
 * At the end of a command, when all its work is done: waits for the reader of
 * stdout, as long as it takes unless a signal asked to end; says in one line if
 * stdout could not be written; and leaves a reader of stderr that stalls.
 */
export async function finishOutput({ isAskedToEnd = false } = {}): Promise<void> {
  await out?.settled(isAskedToEnd ? LAST_WORDS_MS : undefined);
  out?.abandon();
  const code = out?.brokenBy;
  // A reader that has seen enough (`| head`) is not a failure.
  if (code !== undefined && code !== 'EPIPE')
    stderr().write(`error: stdout could not be written: ${troubleWords({ code }) ?? code}\n`);
  await err?.settled(LAST_WORDS_MS);
  err?.abandon();
}
