import { toJson } from './job-row.js';
import type { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
import type { JobScheduler, JobTemplate, RepeatOptions } from './scheduler.js';
import { assertRepeat, nextTick } from './ticks.js';

interface SchedulerRow {
  id: string;
  queue: string;
  repeat: string;
  template: string;
  next: number | null;
  iterations: number;
}

/** Adds or replaces a scheduler. @throws ScheduleError. */
export async function upsertScheduler(
  { db, queue, clock }: JobStore,
  id: string,
  repeat: RepeatOptions,
  template: JobTemplate,
): Promise<JobScheduler> {
  assertRepeat(repeat);
  return db.write(() => {
    const next = nextTick(repeat, clock.now());
    const row = { queue, id, repeat: toJson(repeat), template: toJson(template), next };
    db.statement(sql.UPSERT_SCHEDULER).run(row);
    const stored = db.statement<[string, string], SchedulerRow>(sql.FIND_SCHEDULER).get(queue, id);
    return toScheduler(stored as SchedulerRow);
  });
}

export function removeScheduler({ db, queue }: JobStore, id: string): Promise<boolean> {
  return db.write(() => db.statement(sql.DELETE_SCHEDULER).run(queue, id).changes > 0);
}

export function listSchedulers({ db, queue }: JobStore): JobScheduler[] {
  return db.statement<[string], SchedulerRow>(sql.LIST_SCHEDULERS).all(queue).map(toScheduler);
}

/**
 * Makes the jobs of ticks that have come, inside the caller's transaction. A
 * scheduler that missed several makes one job for the first of them, then
 * goes on with the next tick from now.
 */
export function dueTicks(store: JobStore): void {
  const { db, queue, clock } = store;
  const now = clock.now();
  const rows = db.statement<[string, number], SchedulerRow>(sql.DUE_SCHEDULERS).all(queue, now);
  for (const { id, next, iterations: _iterations, ...row } of rows) {
    const { repeat, template } = toScheduler({ id, next, iterations: 0, ...row });
    const taken = { queue, id, tick: next, next: nextTick(repeat, now) };
    if (db.statement(sql.TAKE_TICK).run(taken).changes === 0) continue;
    const opts = { ...template.opts, jobId: `repeat:${id}:${next}` };
    store.addWithin({ name: template.name, data: template.data ?? {}, opts, schedulerId: id });
  }
}

/** A clock that is corrected by less than this moves no tick. */
const CORRECTION_MS = 24 * 3_600_000;

/**
 * Ticks that a clock computed which has been set back since, inside the
 * caller's transaction: nobody is to wait years for them.
 */
export function pullInTicks({ db, queue, clock }: JobStore): void {
  const now = clock.now();
  const rows = db.statement<[string], SchedulerRow>(sql.LIST_SCHEDULERS).all(queue);
  for (const { id, next, repeat } of rows) {
    const options = JSON.parse(repeat) as RepeatOptions;
    const latest = nextTick(options, now + CORRECTION_MS);
    if (next === null || latest === null || next <= latest) continue;
    db.statement(sql.MOVE_TICK).run(nextTick(options, now), queue, id);
  }
}

function toScheduler({ iterations, ...row }: SchedulerRow): JobScheduler {
  return {
    ...row,
    repeat: JSON.parse(row.repeat) as RepeatOptions,
    template: JSON.parse(row.template) as JobTemplate,
    iterationCount: iterations,
  };
}
