import { perSecond } from './rounds.js';

/** What it took to handle some events. */
export interface Cost {
  /** Events in a second. */
  readonly rate: number;
  /** Microseconds of CPU of this process for each event. */
  readonly cpu: number;
}

/** Measures work on so many events. */
export async function costOf(events: number, work: () => Promise<void>): Promise<Cost> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const elapsed = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { rate: perSecond(events, elapsed), cpu: (user + system) / events };
}
