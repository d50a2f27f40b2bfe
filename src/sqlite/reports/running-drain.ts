import { ownerOf } from '../../reports/processes.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import { LATEST_POSTS } from './status.sql.js';

/** A drain that a living process runs now. */
export interface RunningDrain {
  readonly pid: number | null;
  /** Events a second over its latest posts; null before it has posted long enough to tell. */
  readonly rate: number | null;
}

/** Shorter than this, and the rate says nothing. */
const SHORTEST_MS = 200;

/** Those that run now, by target: the lease says who, the log of posts how fast. */
export function runningDrains(
  db: JournalDatabase,
  targets: readonly TargetRecord[],
): Map<number, RunningDrain> {
  const drains = new Map<number, RunningDrain>();
  for (const target of targets) {
    const owner = ownerOf(target);
    if (owner === null || owner.status === 'orphan') continue;
    drains.set(target.id, { pid: owner.pid, rate: rateOf(db, target) });
  }
  return drains;
}

function rateOf(db: JournalDatabase, { id, passNo }: TargetRecord): number | null {
  const row = db.statement(LATEST_POSTS).get({ targetId: id, passNo }) as {
    events: number | null;
    since: number | null;
    until: number | null;
  };
  const ms = (row.until ?? 0) - (row.since ?? 0);
  return row.events === null || ms < SHORTEST_MS ? null : (row.events * 1000) / ms;
}

/** `sending, 722/s, 25 s left` */
export function drainText({ rate }: RunningDrain, left: number): string {
  if (rate === null) return 'sending';
  const pace = `sending, ${Math.round(rate).toLocaleString('en')}/s`;
  return left === 0 ? pace : `${pace}, ${durationText(left / rate)} left`;
}

function durationText(seconds: number): string {
  if (seconds < 100) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}
