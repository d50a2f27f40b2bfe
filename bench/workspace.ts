import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A directory for everything a bench writes; nothing of it outlives the process. */
export class Workspace {
  readonly #root = mkdtempSync(join(tmpdir(), 'redrain-bench-'));
  #made = 0;

  constructor() {
    process.once('exit', () => this.remove());
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
  }

  /** A new empty directory. */
  directory(name: string): string {
    this.#made += 1;
    const path = join(this.#root, `${this.#made}-${name}`);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Frees the disk before the next run needs it. */
  discard(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
  }

  remove(): void {
    this.discard(this.#root);
  }
}

/**
 * Copies a closed database and waits until the copy is on disk, so that its
 * write-back does not fall into somebody's measured time.
 */
export function copySettled(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
