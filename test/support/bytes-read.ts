import { existsSync, readFileSync } from 'node:fs';

const COUNTERS = '/proc/self/io';

/** True where the system counts what a process reads. */
export const countsReads = existsSync(COUNTERS);

/**
 * Bytes this process has read so far, from the disk or from its cache. SQLite
 * reads page by page and maps nothing, so between two calls this is a count of
 * the pages it had to visit: work, and not time.
 */
export function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync(COUNTERS, 'utf8'))?.[1]);
}
