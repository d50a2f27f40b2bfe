import { ScheduleError } from './errors.js';
import { parsed, toJson } from './job-row.js';
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
    const now = clock.now();
    const next = nextTick(repeat, now);
    const row = { queue, id, repeat: toJson(repeat), template: toJson(template), next, now };
    db.statement(sql.UPSERT_SCHEDULER).run(row);
    const stored = db.statement<[string, string], SchedulerRow>(sql.FIND_SCHEDULER).get(queue, id);
    return toScheduler(stored as SchedulerRow);
  });
}

export function removeScheduler({ db, queue }: JobStore, id: string): Promise<boolean> {
  return db.write(() => {
    db.statement(sql.FORGET_POSITIONS_OF).run(id);
    return db.statement(sql.DELETE_SCHEDULER).run(queue, id).changes > 0;
  });
}

export function listSchedulers({ db, queue }: JobStore): JobScheduler[] {
  return db.statement<[string], SchedulerRow>(sql.LIST_SCHEDULERS).all(queue).map(toScheduler);
}

/**
 * Makes the jobs of ticks that have come, inside the caller's transaction. A
 * scheduler that missed several makes one job for all of them; one whose last
 * job has not begun yet makes none. Then it goes on with the next tick from now.
 */
export function dueTicks(store: JobStore): void {
  const { db, queue, clock } = store;
  const now = clock.now();
  const rows = db.statement<[string, number], SchedulerRow>(sql.DUE_SCHEDULERS).all(queue, now);
  for (const row of rows) {
    const { id, next: tick } = row;
    const next = nextTickOf(row, now);
    if (db.statement(sql.TAKE_TICK).run({ queue, id, tick, next, now }).changes === 0) continue;
    if (next !== undefined && !hasUnstarted(store, id)) addTick(store, row);
  }
}

function hasUnstarted({ db, queue }: JobStore, id: string): boolean {
  return db.statement(sql.UNSTARTED_OF_SCHEDULER).get(queue, id) !== undefined;
}

function addTick(store: JobStore, row: SchedulerRow): void {
  const { db, queue } = store;
  const { id, next, iterations } = row;
  const { name, data = {}, opts } = toScheduler(row).template;
  const usual = `repeat:${id}:${next}`;
  // A clock that was set back comes to the same tick again.
  const jobId = store.find(usual) === undefined ? usual : `${usual}:${iterations}`;
  db.statement(sql.COUNT_TICK).run(queue, id);
  store.addWithin({ name, data, opts: { ...opts, jobId }, schedulerId: id });
}

/**
 * Ticks that a clock computed which has been set back since, inside the
 * caller's transaction. One tick may be skipped, so that a clock that is
 * corrected by a little runs nothing twice; a tick further away is pulled in.
 */
export function pullInTicks({ db, queue, clock }: JobStore): void {
  const now = clock.now();
  const rows = db.statement(sql.DOUBTFUL_SCHEDULERS).all({ queue, now }) as SchedulerRow[];
  for (const row of rows) {
    const soonest = nextTickOf(row, now);
    const latest = soonest == null ? soonest : nextTickOf(row, soonest);
    const isTooFar = row.next !== null && latest != null && row.next > latest;
    const next = isTooFar ? soonest : row.next;
    db.statement(sql.MOVE_TICK).run({ queue, id: row.id, next, now });
  }
}

/** Null when there is none; undefined when the schedule cannot be understood, and so makes no job. */
function nextTickOf({ repeat }: SchedulerRow, after: number): number | null | undefined {
  try {
    const options = repeatIn(repeat);
    assertRepeat(options);
    return nextTick(options, after);
  } catch (error) {
    if (error instanceof ScheduleError) return undefined;
    throw error;
  }
}

/** @throws ScheduleError: the row was damaged, or edited. */
function repeatIn(text: string): RepeatOptions {
  const repeat = parsed(text);
  if (typeof repeat === 'object' && repeat !== null && ('every' in repeat || 'pattern' in repeat))
    return repeat as RepeatOptions;
  throw new ScheduleError(`this is not a schedule: ${text}`);
}

/** What cannot be read is shown as it is: one odd row hides no other. */
function toScheduler({ iterations, ...row }: SchedulerRow): JobScheduler {
  const template = parsed(row.template);
  const isUsable = typeof template === 'object' && template !== null && 'name' in template;
  return {
    ...row,
    repeat: parsed(row.repeat) as RepeatOptions,
    template: isUsable ? (template as JobTemplate) : { name: 'unreadable', data: template },
    iterationCount: iterations,
  };
}
