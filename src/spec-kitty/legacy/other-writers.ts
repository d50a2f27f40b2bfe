import { readFileSync, statSync } from 'node:fs';

/** A line of /proc/locks: `1: POSIX ADVISORY WRITE 4711 08:01:131085 1073741825 1073741825`. */
const WRITE_LOCK = /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+WRITE\s+-?\d+ [0-9a-f]+:[0-9a-f]+:(\d+) /;

/**
 * True when another process is known to hold a write lock on the database or
 * on its `-shm`. Only Linux tells without opening the file, which would touch
 * it; elsewhere, and where nothing can be read, false.
 */
export function isWriteLocked(file: string): boolean {
  const inodes = new Set([inodeOf(file), inodeOf(`${file}-shm`)]);
  return lockLines().some((line) => {
    const inode = WRITE_LOCK.exec(line)?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

function inodeOf(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false, bigint: true })?.ino.toString();
}

function lockLines(): string[] {
  try {
    return readFileSync('/proc/locks', 'latin1').split('\n');
  } catch {
    return [];
  }
}
