import { runInNewContext } from 'node:vm';

/** By the clock: only what would never end is ended by this, as nothing else can. */
const PATIENCE_MS = 100_000;

/**
 * Milliseconds of CPU that `work` takes in this process: a busy machine makes them few more, where it
 * multiplies the time by the clock. Throws when `work` does not end.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  runInNewContext('work()', { work }, { timeout: PATIENCE_MS });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
