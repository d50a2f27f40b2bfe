import { join } from 'node:path';
import type { HeldTarget, TargetLock } from '../../dispatch/target-lock.js';
import { OsLock } from '../../files/os-lock.js';

/** One lock file per target, in a directory of the home; the operating system frees it with its holder. */
export class FileTargetLock implements TargetLock {
  readonly #file: string;

  constructor(locksDir: string, targetId: number) {
    this.#file = join(locksDir, `target-${targetId}.lock`);
  }

  async acquire(wait: boolean, signal: AbortSignal): Promise<HeldTarget | undefined> {
    return wait ? OsLock.acquire(this.#file, signal) : OsLock.tryAcquire(this.#file);
  }
}
