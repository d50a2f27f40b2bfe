import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { childScript } from './child-script.js';
import { StorageUnavailableError } from './storage-errors.js';
import { temporaryDirectories } from './temporary-directory.js';

/** What rewriting a database file came to. */
export interface Compacted {
  readonly before_bytes: number;
  readonly after_bytes: number;
  /** False when a reader keeps the write-ahead log from being emptied. */
  readonly log_emptied: boolean;
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/**
 * Rewrites a SQLite file (VACUUM) and empties its log: no byte of what was
 * deleted stays in it. A process of its own does the work, so that the event
 * loop stays free, and so that SQLite can be given another directory for its
 * temporary copy: it asks for that once in the life of a process.
 *
 * `env` is what the child is given, and may name a directory for that copy.
 *
 * @throws StorageUnavailableError when it cannot be done; the file is then what it was.
 */
export async function compact(file: string, env: NodeJS.ProcessEnv = {}): Promise<Compacted> {
  let refusal: Refusal = { code: 'SQLITE_READONLY', message: 'its directory cannot be written' };
  for (const directory of temporaryDirectories(dirname(file), env)) {
    const told = await runChild(file, { ...env, SQLITE_TMPDIR: directory });
    if ('before_bytes' in told) return told;
    refusal = told;
    if (!/^SQLITE_(FULL|IOERR|CANTOPEN)/.test(told.code)) break;
  }
  throw failure(file, refusal);
}

function runChild(file: string, env: NodeJS.ProcessEnv): Promise<Compacted | Refusal> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [childScript(import.meta.url, 'compact-child'), file],
      { env },
      (error, stdout) => {
        try {
          resolve(JSON.parse(stdout) as Compacted | Refusal);
        } catch {
          resolve({ code: 'NO_CHILD', message: error?.message ?? 'it ended without a word' });
        }
      },
    );
  });
}

function failure(file: string, { code, message }: Refusal): Error {
  if (code.startsWith('SQLITE_FULL'))
    return new StorageUnavailableError(
      file,
      'full',
      'rewriting it needs as much room again for a while: nothing was changed',
    );
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return new StorageUnavailableError(file, 'busy', message);
  return new StorageUnavailableError(file, 'io', `it could not be rewritten: ${message}`);
}
