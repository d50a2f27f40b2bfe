import { logEvent } from './event-feed.js';
import type { Job, JobOptions, KeepJobs } from './job.js';
import { LONGEST_WAIT_MS } from './job-bounds.js';
import { toJson } from './job-row.js';
import { type JobStore, noteFinished } from './job-store.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import { WithWarning } from './ports.js';

/** The proof of being the one who runs a job. */
export interface JobLock {
  readonly id: string;
  readonly token: string;
}

/** What comes of a failed attempt: another one then, or none. */
export type AfterFailure =
  | { readonly again: true; readonly at: number; readonly counts: boolean }
  | { readonly again: false };

/** Why an attempt failed, and what it leaves to look at. */
export interface Failure {
  readonly reason: string;
  readonly result?: unknown;
}

/**
 * Ends a job as failed, inside the caller's transaction; false when somebody
 * else has it. One that must not be removed by itself is kept, whatever the
 * jobs that end after it ask for.
 */
export function failForGood(
  store: JobStore,
  { id, token }: JobLock,
  { removeOnFail }: JobOptions,
  { reason, result }: Failure,
): boolean {
  const { queue, db, clock } = store;
  const now = clock.now();
  const returnvalue = result === undefined ? null : toJson(result);
  const kept = removeOnFail === false ? 1 : 0;
  const failed = { queue, id, token, now, reason, returnvalue, kept };
  if (db.statement(sql.FAIL).run(failed).changes === 0) return false;
  noteFinished(store, id, 'failed', reason);
  keepFinished(db, queue, 'failed', removeOnFail, now);
  return true;
}

/**
 * What a worker may say of a job it holds. Everything is guarded by the lock:
 * false means that somebody else has the job now, and nothing was changed.
 */
export class JobLifecycle {
  readonly #store: JobStore;

  constructor(store: JobStore) {
    this.#store = store;
  }

  renew({ id, token }: JobLock, lockDuration: number): Promise<boolean> {
    const { queue, db, clock } = this.#store;
    return db.write(() => {
      const now = clock.now();
      const until = now + lockDuration;
      if (db.statement(sql.RENEW).run({ queue, id, token, now, until }).changes === 0) return false;
      db.statement(sql.EXTEND_TASK).run(Math.ceil(until / 1000), queue, id);
      return true;
    });
  }

  progress({ id, token }: JobLock, progress: unknown): Promise<boolean> {
    const { queue, db } = this.#store;
    return db.write(() => {
      const changed = db
        .statement(sql.PROGRESS)
        .run({ queue, id, token, progress: toJson(progress) });
      if (changed.changes === 0) return false;
      logEvent(db, queue, 'progress', id, progress);
      return true;
    });
  }

  complete({ id, token }: JobLock, result: unknown, opts: JobOptions): Promise<boolean> {
    const { queue, db, clock } = this.#store;
    const { returnvalue, warning } =
      result instanceof WithWarning ? result : { returnvalue: result, warning: undefined };
    return db.write(() => {
      const now = clock.now();
      const done = {
        queue,
        id,
        token,
        now,
        returnvalue: toJson(returnvalue),
        warning: warning === undefined ? null : toJson(warning),
      };
      if (db.statement(sql.COMPLETE).run(done).changes === 0) return false;
      noteFinished(this.#store, id, 'completed', returnvalue);
      keepFinished(db, queue, 'completed', opts.removeOnComplete, now);
      return true;
    });
  }

  fail(lock: JobLock, job: Pick<Job, 'priority' | 'opts'>, failure: Failure, next: AfterFailure) {
    return this.#store.db.write(() => {
      if (next.again) return this.#putBack(lock, job, failure.reason, next);
      return this.#failForGood(lock, job.opts, failure);
    });
  }

  #putBack(
    { id, token }: JobLock,
    job: Pick<Job, 'priority'>,
    reason: string,
    { at, counts }: Extract<AfterFailure, { again: true }>,
  ): boolean {
    const { queue, db, clock, tasks } = this.#store;
    const now = clock.now();
    const due = at <= now;
    const state = due ? 'waiting' : 'delayed';
    const attempts = counts ? 1 : 0;
    const runAt = Math.min(at, now + LONGEST_WAIT_MS);
    const put = { queue, id, token, state, runAt, attempts, reason, now };
    if (db.statement(sql.PUT_BACK).run(put).changes === 0) return false;
    tasks.drop(id);
    if (due) tasks.put({ id, priority: job.priority });
    return true;
  }

  #failForGood({ id, token }: JobLock, opts: JobOptions, failure: Failure): boolean {
    return failForGood(this.#store, { id, token }, opts, failure);
  }
}

/**
 * Deletes finished jobs as the one that just finished asks, inside the
 * caller's transaction. The age is checked then only: no clock runs for it.
 */
function keepFinished(
  db: JobsDatabase,
  queue: string,
  state: 'completed' | 'failed',
  keep: KeepJobs | undefined,
  now: number,
): void {
  const { age, count } = limitsOf(keep);
  if (age !== undefined) db.statement(sql.DROP_OLD).run(queue, state, now - age * 1000);
  if (count !== undefined) db.statement(sql.DROP_SURPLUS).run(queue, state, count);
}

function limitsOf(keep: KeepJobs | undefined): { age?: number; count?: number } {
  if (keep === undefined || keep === false) return {};
  if (keep === true) return { count: 0 };
  return typeof keep === 'number' ? { count: keep } : keep;
}
