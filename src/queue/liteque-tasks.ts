import { randomUUID } from 'node:crypto';
import { SqliteQueue } from 'liteque';
import { step } from '../base/steps.js';
import { logEvent } from './event-feed.js';
import { optionsIn } from './job-row.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { QueueClock } from './ports.js';

/** A taken task, in liteque's own words. */
type LitequeJob = NonNullable<Awaited<ReturnType<SqliteQueue<unknown>['attemptDequeue']>>>;

/** The columns of `tasks` as SQLite has them. */
type TaskRow = Omit<LitequeJob, 'createdAt' | 'availableAt' | 'expireAt'> & {
  readonly createdAt: number;
  readonly availableAt: number | null;
  readonly expireAt: number | null;
};

/**
 * liteque's queue, with the one method that does not work on this driver
 * replaced: it hands an async callback to better-sqlite3's `transaction()`,
 * which runs it and then fails, as a transaction cannot return a promise. What
 * waits and what runs is liteque's; all it does not know is in the tables beside it.
 */
export class LitequeTasks extends SqliteQueue<unknown> {
  readonly #db: JobsDatabase;
  readonly #clock: QueueClock;

  constructor(queue: string, db: JobsDatabase, clock: QueueClock) {
    if (db.client === undefined) throw new Error('jobs.db is open for reading only');
    super(queue, db.client, { defaultJobArgs: { numRetries: 0 }, keepFailedJobs: false });
    this.#db = db;
    this.#clock = clock;
  }

  /**
   * Takes the first task and locks its job for so long, in one transaction.
   * The lock is `allocationId`, the job's id is `idempotencyKey`.
   */
  override async attemptDequeue({ timeoutSecs }: { timeoutSecs: number }) {
    // A look costs nothing; the transaction below keeps other writers waiting.
    if (!this.#mayTake()) return null;
    const row = await this.#db.write(() => this.#take(timeoutSecs));
    step('queue.taken');
    return row === undefined ? null : inLitequesWords(row);
  }

  /** Inside the caller's transaction: the job can be taken from now on. */
  put({ id, priority }: { readonly id: string; readonly priority: number }): void {
    const now = this.#clock.now();
    this.#db.statement(sql.PUT_TASK).run({ queue: this.queueName, id, priority, now });
    logEvent(this.#db, this.queueName, 'waiting', id);
  }

  /** Inside the caller's transaction: the job is no longer to be taken, or no longer runs. */
  drop(jobId: string): void {
    this.#db.statement(sql.DROP_TASK).run(this.queueName, jobId);
  }

  #mayTake(): boolean {
    const paused = this.#db.statement<[string], { paused: 0 | 1 }>(sql.IS_PAUSED);
    if (paused.get(this.queueName)?.paused === 1) return false;
    return this.#db.statement(sql.ANY_TASK).get(this.queueName) !== undefined;
  }

  #take(timeoutSecs: number): TaskRow | undefined {
    if (!this.#mayTake()) return undefined;
    const queue = this.queueName;
    const now = this.#clock.now();
    const until = now + timeoutSecs * 1000;
    const token = randomUUID();
    const row = this.#db
      .statement(sql.TAKE_TASK)
      .get({ queue, token, expireAt: Math.ceil(until / 1000) }) as TaskRow;
    const id = row.idempotencyKey as string;
    this.#db.statement(sql.ACTIVATE).run({ queue, id, token, until, now });
    this.#freeDedupOfRunning(id);
    logEvent(this.#db, queue, 'active', id);
    return row;
  }

  #freeDedupOfRunning(id: string): void {
    const { opts } = this.#db
      .statement<[string, string], { opts: string }>(sql.FIND_JOB)
      .get(this.queueName, id) as { opts: string };
    const { deduplication } = optionsIn(opts);
    if (deduplication?.keepLastIfActive === true)
      this.#db.statement(sql.FREE_DEDUP).run(this.queueName, id);
  }
}

function inLitequesWords(row: TaskRow): LitequeJob {
  return {
    ...row,
    createdAt: new Date(row.createdAt * 1000),
    availableAt: row.availableAt === null ? null : new Date(row.availableAt),
    expireAt: row.expireAt === null ? null : new Date(row.expireAt * 1000),
  };
}
