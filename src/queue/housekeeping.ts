import { logEvent } from './event-feed.js';
import { failForGood } from './job-lifecycle.js';
import { optionsIn } from './job-row.js';
import type { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
import { dueTicks, pullInTicks } from './scheduler-store.js';

/** A lock of an older version says nothing of its length; none was longer than this. */
const LONGEST_LOCK_MS = 24 * 3_600_000;

interface StalledRow {
  id: string;
  opts: string;
  priority: number;
  stalledCounter: number;
  token: string;
}

/** When the queue needs attention next, in epoch milliseconds; infinity when nothing is to come. */
export function nextDue({ db, queue, clock }: JobStore): number {
  const now = clock.now();
  const latest = now + LONGEST_LOCK_MS;
  const { due } = db.statement(sql.NEXT_DUE).get({ queue, now, latest }) as { due: number | null };
  return due ?? Number.POSITIVE_INFINITY;
}

/**
 * What every worker does for its queue, whichever comes first: waits of a clock
 * that has been set back, delayed jobs whose time has come, ticks of
 * schedulers, jobs whose worker is gone.
 */
export function keepHouse(store: JobStore, maxStalledCount: number): Promise<void> {
  return store.db.write(() => {
    restartWaits(store);
    promoteDelayed(store);
    dueTicks(store);
    recoverStalled(store, maxStalledCount);
  });
}

function restartWaits(store: JobStore): void {
  const { db, queue, clock } = store;
  const now = clock.now();
  db.statement(sql.RESTART_WAITS).run({ queue, now });
  db.statement(sql.RESTART_LOCKS).run({ queue, now });
  pullInTicks(store);
}

function promoteDelayed({ db, queue, clock, tasks }: JobStore): void {
  const rows = db
    .statement<[string, number], { id: string; priority: number }>(sql.DUE_DELAYED)
    .all(queue, clock.now());
  for (const row of rows) {
    db.statement(sql.PROMOTE).run(queue, row.id);
    tasks.put(row);
  }
}

function recoverStalled(store: JobStore, maxStalledCount: number): void {
  const { db, queue, clock } = store;
  const now = clock.now();
  const rows = db.statement(sql.STALLED).all({ queue, now, latest: now + LONGEST_LOCK_MS });
  for (const row of rows as StalledRow[]) {
    db.statement(sql.NOTE_STALLED).run(queue, row.id);
    logEvent(db, queue, 'stalled', row.id);
    if (row.stalledCounter < maxStalledCount) giveBack(store, row);
    else giveUp(store, row);
  }
}

function giveBack(
  { db, queue, clock, tasks }: JobStore,
  { id, token, priority }: StalledRow,
): void {
  const back = {
    queue,
    id,
    token,
    state: 'waiting',
    runAt: clock.now(),
    now: clock.now(),
    attempts: 0,
    reason: null,
  };
  db.statement(sql.PUT_BACK).run(back);
  tasks.drop(id);
  tasks.put({ id, priority });
}

/** Whatever takes its worker down every time must not take down worker after worker. */
function giveUp(store: JobStore, { id, token, opts }: StalledRow): void {
  const reason = 'job stalled more than allowable limit';
  failForGood(store, { id, token }, optionsIn(opts), { reason });
}
