import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../files/directory.js';
import { ownTemporaryDirectory } from '../../files/temporary-directory.js';

/**
 * A directory for copies that only its owner can look into, removed afterwards.
 * Below `parent` what an earlier, killed process left goes first: the caller
 * holds the lock that makes it the only one there. Without a parent it is among
 * the system's temporary files, so that a reading command leaves the home alone.
 */
export async function withScratch<T>(
  parent: string | undefined,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = parent === undefined ? temporary() : fresh(parent);
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const temporary = (): string => mkdtempSync(join(ownTemporaryDirectory(), 'redrain-'));

function fresh(parent: string): string {
  const directory = join(parent, 'scratch');
  rmSync(directory, { recursive: true, force: true });
  makeDirectory(directory);
  return directory;
}
