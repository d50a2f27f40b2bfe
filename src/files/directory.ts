import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './trouble.js';

/**
 * Codes of a system that cannot synchronise a directory: Windows, some network
 * and FUSE file systems, and a directory that this user may write and not list.
 */
const CANNOT_SYNC = new Set(['EPERM', 'EISDIR', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF']);

/**
 * Puts the entries of a directory on disk: a new file, a new directory and a
 * rename in it survive a power cut from here on. Does nothing where the system
 * has no such call. Throws when the disk reports an error.
 */
export function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(errorCode(error))) throw error;
  }
}

/**
 * Makes a directory for this user alone (0700), with those above it that are
 * missing, and puts each new one on disk. A directory that exists keeps its mode.
 */
export function makeDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    syncDirectory(dirname(made));
    if (made === first) return;
  }
}

/**
 * Puts the entry of a directory, and of so many above it, on disk: whoever made
 * them may have been killed before it did so.
 */
export function syncEntries(directory: string, levels: number): void {
  for (let level = 0, at = directory; level < levels; level += 1, at = dirname(at))
    syncDirectory(dirname(at));
}
