import { join } from 'node:path';
import { OsLock } from '../files/os-lock.js';
import type { TargetLock } from './drain-deps.js';

/** One lock file per target, in a directory of the home. */
export class FileTargetLock implements TargetLock {
  readonly #file: string;

  constructor(locksDir: string, targetId: number) {
    this.#file = join(locksDir, `target-${targetId}.lock`);
  }

  async acquire(wait: boolean, signal: AbortSignal): Promise<{ release(): void } | undefined> {
    return wait ? OsLock.acquire(this.#file, signal) : OsLock.tryAcquire(this.#file);
  }
}
