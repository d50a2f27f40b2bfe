import { grouped } from '../base/grouped.js';
import type { TargetRecord } from '../targets/registry.js';
import { ownerOf } from './processes.js';
import type { LatestPosts, Reports } from './reports.js';

/** A drain that a living process runs now. */
export interface RunningDrain {
  readonly pid: number | null;
  /** Events a second over its latest posts; null before it has posted long enough to tell. */
  readonly rate: number | null;
}

/** Shorter than this, and the rate says nothing. */
const SHORTEST_MS = 200;

/** Those that run now, by target: the lease says who, the log of posts how fast. */
export async function runningDrains(
  reports: Pick<Reports, 'latestPosts'>,
  targets: readonly TargetRecord[],
): Promise<ReadonlyMap<number, RunningDrain>> {
  const drains = new Map<number, RunningDrain>();
  for (const target of targets) {
    const owner = ownerOf(target);
    if (owner === null || owner.status === 'orphan') continue;
    const rate = rateOf(await reports.latestPosts(target.id, target.passNo));
    drains.set(target.id, { pid: owner.pid, rate });
  }
  return drains;
}

const rateOf = ({ events, ms }: LatestPosts): number | null =>
  events === 0 || ms < SHORTEST_MS ? null : (events * 1000) / ms;

/** `sending, 722/s, 25 s left` */
export function drainText({ rate }: RunningDrain, left: number): string {
  if (rate === null) return 'sending';
  const pace = `sending, ${grouped(Math.round(rate))}/s`;
  return left === 0 ? pace : `${pace}, ${shortDuration(left / rate)} left`;
}

/** `25 s`, `12 min`, `3 h`: rounded up, as what is left. */
export function shortDuration(seconds: number): string {
  if (seconds < 100) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}
