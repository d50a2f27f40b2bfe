import { ScheduleError } from '../queue/errors.js';
import type { Job, JobOptions } from '../queue/job.js';
import { parsed, toJson } from '../queue/job-row.js';
import type { JobScheduler, JobTemplate, RepeatOptions } from '../queue/scheduler.js';
import { assertRepeat, nextTick } from '../queue/ticks.js';
import type { QueueContext } from './queue-context.js';
import { scheduleOf } from './records.js';

/** One schedule as it is stored. */
interface Schedule {
  readonly repeat: RepeatOptions;
  readonly template: JobTemplate;
  /** Epoch milliseconds; null when the pattern has no further tick. */
  readonly next: number | null;
  /** The clock at which `next` was computed. */
  readonly setAt: number;
  readonly iterations: number;
  /** Its last job: while that has not begun, no other is added. */
  readonly lastJob?: string;
  /** A tick that is taken, and whose job is not added yet. */
  readonly owed?: Owed;
}

interface Owed {
  readonly jobId: string;
  /** When it was taken. */
  readonly at: number;
}

type Add = (name: string, data: unknown, opts: JobOptions, schedulerId: string) => Promise<Job>;

/** A process that took a tick adds its job at once; after so long it is gone, and another adds it. */
const OWED_MS = 10_000;

/**
 * Schedules by redrain's own rules (`src/queue/ticks.ts`), and not by BullMQ's: a
 * job for all ticks that were missed, none while the last one still waits, and
 * nothing that a lost job could end. Every change is guarded by what was read.
 */
export class Schedules {
  readonly #at: QueueContext;
  readonly #add: Add;

  constructor(at: QueueContext, add: Add) {
    this.#at = at;
    this.#add = add;
  }

  /** An unchanged one keeps its next tick. @throws ScheduleError. */
  async upsert(id: string, repeat: RepeatOptions, template: JobTemplate): Promise<JobScheduler> {
    assertRepeat(repeat);
    for (;;) {
      const text = await this.#records.find(this.#kind, id);
      const known = text === undefined ? undefined : scheduleIn(text);
      const now = this.#at.now();
      const isSame = known !== undefined && toJson(known.repeat) === toJson(repeat);
      const tick = isSame
        ? { next: known.next, setAt: known.setAt }
        : { next: nextTick(repeat, now), setAt: now };
      const stored = { iterations: 0, ...known, repeat, template, ...tick };
      if (await this.#records.replace(this.#kind, id, text, toJson(stored)))
        return this.#shown(id, stored);
    }
  }

  remove(id: string): Promise<boolean> {
    return this.#records.delete(this.#kind, id);
  }

  async clear(): Promise<void> {
    for (const [id] of await this.#records.list(this.#kind)) await this.remove(id);
  }

  async list(): Promise<JobScheduler[]> {
    const all = await this.#records.list(this.#kind);
    return all.map(([id, text]) => this.#shown(id, scheduleIn(text) ?? unreadable(text)));
  }

  /** Adds the jobs of ticks that have come. Returns when to look again, in epoch milliseconds. */
  async tick(): Promise<number> {
    let due = Number.POSITIVE_INFINITY;
    for (const [id, text] of await this.#records.list(this.#kind)) {
      const schedule = scheduleIn(text);
      if (schedule !== undefined) due = Math.min(due, await this.#look(id, text, schedule));
    }
    return due;
  }

  async #look(id: string, text: string, schedule: Schedule): Promise<number> {
    const now = this.#at.now();
    const { next, owed, setAt } = pulledIn(schedule, now);
    if (owed !== undefined && Math.abs(now - owed.at) >= OWED_MS) {
      await this.#pay(id, text, schedule, owed);
      return now;
    }
    if (next === null || next > now) {
      if (setAt !== schedule.setAt)
        await this.#records.replace(this.#kind, id, text, toJson({ ...schedule, next, setAt }));
      return next ?? Number.POSITIVE_INFINITY;
    }
    await this.#take(id, text, { ...schedule, next });
    return now;
  }

  /** Of two processes one gets the tick. */
  async #take(id: string, text: string, schedule: Schedule & { next: number }): Promise<void> {
    const now = this.#at.now();
    const { next: tick, iterations } = schedule;
    const next = tickAfter(schedule.repeat, now) ?? null;
    const moved = { ...schedule, next, setAt: now };
    if (await this.#lastWaits(schedule)) {
      await this.#records.replace(this.#kind, id, text, toJson(moved));
      return;
    }
    const usual = `repeat:${id}:${tick}`;
    // A clock that was set back comes to the same tick again.
    const isKnown = (await this.#at.stateOf(usual)) !== undefined;
    const owed = { jobId: isKnown ? `${usual}:${iterations}` : usual, at: now };
    const taken = { ...moved, iterations: iterations + 1, owed };
    if (await this.#records.replace(this.#kind, id, text, toJson(taken)))
      await this.#pay(id, toJson(taken), taken, owed);
  }

  /** The job has an id of its own: whoever adds it twice adds one. */
  async #pay(id: string, text: string, schedule: Schedule, { jobId }: Owed): Promise<void> {
    const { owed: _owed, template, ...rest } = schedule;
    const { name, data = {}, opts } = template;
    await this.#add(name, data, { ...opts, jobId }, id);
    await this.#records.replace(
      this.#kind,
      id,
      text,
      toJson({ ...rest, template, lastJob: jobId }),
    );
  }

  async #lastWaits({ lastJob }: Schedule): Promise<boolean> {
    const state = lastJob === undefined ? undefined : await this.#at.stateOf(lastJob);
    return state === 'waiting' || state === 'delayed';
  }

  #shown(id: string, { repeat, template, next, iterations }: Schedule): JobScheduler {
    return { id, queue: this.#at.name, repeat, template, next, iterationCount: iterations };
  }

  get #kind(): string {
    return scheduleOf(this.#at.name);
  }

  get #records() {
    return this.#at.around.engine.records;
  }
}

/**
 * A tick that a clock computed which has been set back since: one may be
 * skipped, so that a clock that is corrected by a little runs nothing twice; one
 * further away is pulled in.
 */
function pulledIn(schedule: Schedule, now: number): Schedule {
  const { repeat, next, setAt } = schedule;
  if (next === null || setAt <= now) return schedule;
  const soonest = tickAfter(repeat, now);
  const latest = soonest == null ? soonest : tickAfter(repeat, soonest);
  const isTooFar = latest != null && next > latest;
  return { ...schedule, next: isTooFar ? (soonest ?? null) : next, setAt: now };
}

/** Null when there is none; undefined when the schedule cannot be understood. */
function tickAfter(repeat: RepeatOptions, after: number): number | null | undefined {
  try {
    assertRepeat(repeat);
    return nextTick(repeat, after);
  } catch (error) {
    if (error instanceof ScheduleError) return undefined;
    throw error;
  }
}

/** Undefined for what was damaged, or edited: it makes no job, and hides no other. */
function scheduleIn(text: string): Schedule | undefined {
  const found = parsed(text) as Partial<Schedule> | null;
  const { repeat, template } = found ?? {};
  const isUsable =
    typeof repeat === 'object' && typeof template?.name === 'string' && 'next' in (found ?? {});
  return isUsable ? (found as Schedule) : undefined;
}

const unreadable = (text: string): Schedule => ({
  repeat: { pattern: 'unreadable' },
  template: { name: 'unreadable', data: text },
  next: null,
  setAt: 0,
  iterations: 0,
});
