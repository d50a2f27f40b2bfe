import { chmodSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { step } from '../../base/steps.js';
import { errorCode } from '../../files/storage-errors.js';
import { type Fingerprint, fingerprintOf, SIDECARS } from './fingerprint.js';
import { isWriteLocked } from './other-writers.js';

/** Another program is writing to the file: nothing of it was read. */
export class BusyQueueError extends Error {
  override readonly name = 'BusyQueueError';
  constructor(readonly file: string) {
    super(`${file} is being written by another program: stop it, then try again`);
  }
}

/** A copy that nobody writes to, and what the source looked like when it was made. */
export interface QueueCopy {
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

export interface CopyPatience {
  readonly tries: number;
  /** Milliseconds between two tries. */
  readonly pauseMs: number;
}

const PATIENCE: CopyPatience = { tries: 8, pauseMs: 60 };

/** File systems date writes by a clock that ticks every 4 to 10 ms: what is older than this is settled. */
const SETTLED_MS = 20;

/**
 * Copies a queue file and its sidecars into a directory of its own below
 * `scratch`, hands it over, and removes it. Opening the source itself would
 * touch it: a hot journal is rolled back, a `-shm` is made. The copy is
 * repeated until nothing changed meanwhile.
 *
 * @throws BusyQueueError when the file does not keep still, or is locked.
 */
export async function withQueueCopy<T>(
  source: string,
  scratch: string,
  work: (copy: QueueCopy) => Promise<T> | T,
  patience: CopyPatience = PATIENCE,
): Promise<T> {
  const directory = mkdtempSync(join(scratch, 'queue-'));
  try {
    const file = join(directory, 'queue.db');
    const fingerprint = await copyWhole(source, file, patience);
    step('migrate.copied');
    return await work({ file, fingerprint });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function copyWhole(
  source: string,
  to: string,
  { tries, pauseMs }: CopyPatience,
): Promise<Fingerprint> {
  for (let left = tries; left > 0; left -= 1) {
    const before = await settled(source);
    if (!isWriteLocked(source)) {
      copyOnce(source, to);
      if (fingerprintOf(source).text === before.text && !isWriteLocked(source)) return before;
    }
    if (left > 1) await delay(pauseMs * (0.5 + Math.random()));
  }
  throw new BusyQueueError(source);
}

/** A write in the same tick of the clock as the last one would not show in the times. */
async function settled(source: string): Promise<Fingerprint> {
  const now = fingerprintOf(source);
  const age = Date.now() - now.changedAt;
  if (age < 0 || age >= SETTLED_MS) return now;
  await delay(SETTLED_MS);
  return fingerprintOf(source);
}

function copyOnce(source: string, to: string): void {
  for (const suffix of ['', ...SIDECARS]) {
    rmSync(to + suffix, { force: true });
    try {
      // A pipe in its place would be waited for without end.
      if (!statSync(source + suffix).isFile())
        throw new Error(`${source}${suffix} is not a regular file`);
      copyFileSync(source + suffix, to + suffix);
      // The copy takes over the mode; SQLite has to write to it.
      chmodSync(to + suffix, 0o600);
    } catch (error) {
      if (suffix === '' || errorCode(error) !== 'ENOENT') throw error;
    }
  }
}
