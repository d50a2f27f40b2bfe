import { JobStateError, UnknownJobError } from './errors.js';
import { logEvent } from './event-feed.js';
import type { Job, JobCounts, JobOptions, JobState } from './job.js';
import { assertBounds } from './job-bounds.js';
import { assertOwnId } from './job-id.js';
import { type JobRow, toJob, toJson } from './job-row.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { LitequeTasks } from './liteque-tasks.js';
import type { QueueClock } from './ports.js';

/** A job to be added. */
export interface NewJob {
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobOptions;
  readonly schedulerId?: string;
}

/** Jobs of one queue as records: what anybody may ask, add or remove. */
export class JobStore {
  readonly queue: string;
  readonly db: JobsDatabase;
  readonly clock: QueueClock;
  readonly #tasks: LitequeTasks | undefined;

  /** Without `tasks` the store can only be read. */
  constructor(queue: string, db: JobsDatabase, clock: QueueClock, tasks?: LitequeTasks) {
    this.queue = queue;
    this.db = db;
    this.clock = clock;
    this.#tasks = tasks;
  }

  get tasks(): LitequeTasks {
    if (this.#tasks === undefined) throw new Error('jobs.db is open for reading only');
    return this.#tasks;
  }

  add(job: NewJob): Promise<Job> {
    return this.db.write(() => this.addWithin(job));
  }

  /** Inside the caller's transaction. Answers the job that is there already, if its id or dedup id is. */
  addWithin(job: NewJob): Job {
    assertOwnId(job.opts);
    assertBounds(job.opts);
    const known = this.#duplicateOf(job.opts);
    if (known !== undefined) return known;
    const { queue } = this;
    const now = this.clock.now();
    const delay = job.opts.delay ?? 0;
    const row = {
      queue,
      id: job.opts.jobId ?? this.#nextId(),
      name: job.name,
      data: toJson(job.data),
      opts: toJson(job.opts),
      state: delay > 0 ? 'delayed' : 'waiting',
      priority: job.opts.priority ?? 0,
      now,
      runAt: now + delay,
      schedulerId: job.schedulerId ?? null,
    };
    this.db.statement(sql.INSERT_JOB).run(row);
    this.#takeDedup(row.id, job.opts, now);
    if (delay <= 0) this.tasks.put(row);
    return this.find(row.id) as Job;
  }

  find(id: string): Job | undefined {
    const row = this.db.statement<[string, string], JobRow>(sql.FIND_JOB).get(this.queue, id);
    return row && toJob(row);
  }

  list(states: readonly JobState[], start: number, end: number): Job[] {
    const limit = end < 0 ? -1 : end - start + 1;
    const rows = this.db
      .statement(sql.LIST_JOBS)
      .all({ queue: this.queue, states: JSON.stringify(states), start, limit }) as JobRow[];
    return rows.map(toJob);
  }

  counts(): JobCounts {
    const rows = this.db
      .statement<[string], { state: JobState; jobs: number }>(sql.COUNT_JOBS)
      .all(this.queue);
    const counted = Object.fromEntries(rows.map(({ state, jobs }) => [state, jobs]));
    return { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, ...counted };
  }

  waitingSince(): number | null {
    const row = this.db.statement(sql.WAITING_SINCE).get(this.queue) as { since: number | null };
    return row.since;
  }

  retry(id: string): Promise<void> {
    return this.db.write(() => {
      const job = this.#existing(id);
      if (job.state !== 'failed' && job.state !== 'completed')
        throw new JobStateError(`job ${id} is ${job.state}: only a finished job can be retried`);
      this.db.statement(sql.RETRY).run({ queue: this.queue, id, now: this.clock.now() });
      this.tasks.put(job);
    });
  }

  remove(id: string): Promise<void> {
    return this.db.write(() => {
      const { state } = this.#existing(id);
      if (state === 'active')
        throw new JobStateError(`job ${id} is running: it can be removed once it has ended`);
      this.tasks.drop(id);
      this.db.statement(sql.FREE_DEDUP).run(this.queue, id);
      this.db.statement(sql.DELETE_JOB).run(this.queue, id);
    });
  }

  setPaused(paused: boolean): Promise<void> {
    return this.db.write(() => {
      this.db.statement(sql.SET_PAUSED).run(this.queue, paused ? 1 : 0);
    });
  }

  isPaused(): boolean {
    const row = this.db.statement<[string], { paused: 0 | 1 }>(sql.IS_PAUSED).get(this.queue);
    return row?.paused === 1;
  }

  obliterate(force: boolean): Promise<void> {
    return this.db.write(() => {
      const { active } = this.counts();
      if (active > 0 && !force)
        throw new JobStateError(
          `queue ${this.queue} has ${active} running jobs: pause it and wait`,
        );
      for (const statement of sql.OBLITERATE) this.db.statement(statement).run(this.queue);
    });
  }

  #existing(id: string): Job {
    const job = this.find(id);
    if (job === undefined) throw new UnknownJobError(this.queue, id);
    return job;
  }

  #duplicateOf({ jobId, deduplication }: JobOptions): Job | undefined {
    const byId = jobId === undefined ? undefined : this.find(jobId);
    if (byId !== undefined || deduplication === undefined) return byId;
    const asked = { queue: this.queue, dedupId: deduplication.id, now: this.clock.now() };
    this.db.statement(sql.RESTART_DEDUP).run(asked);
    const found = this.db.statement(sql.FIND_DEDUP).get(asked) as { jobId: string } | undefined;
    return found && this.find(found.jobId);
  }

  #takeDedup(id: string, { deduplication }: JobOptions, now: number): void {
    if (deduplication === undefined) return;
    const { id: dedupId, ttl } = deduplication;
    this.db.statement(sql.EXPIRE_DEDUP).run(this.queue, now);
    const expiresAt = ttl === undefined ? null : now + ttl;
    this.db.statement(sql.PUT_DEDUP).run({ queue: this.queue, dedupId, id, expiresAt, now });
  }

  #nextId(): string {
    return String((this.db.statement(sql.NEXT_JOB_ID).get() as { next: number }).next);
  }
}

/** Notes, inside the caller's transaction, what a finished job leaves behind. */
export function noteFinished(
  store: JobStore,
  id: string,
  event: 'completed' | 'failed',
  detail: unknown,
): void {
  store.tasks.drop(id);
  store.db.statement(sql.FREE_DEDUP).run(store.queue, id);
  logEvent(store.db, store.queue, event, id, detail);
}
