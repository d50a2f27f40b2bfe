import type { JobCounts, JobState } from '../queue/job.js';
import type { EventDetail, JobField, JobRows, JobTexts, ListedJob } from './engine.js';
import { toState } from './job-mapping.js';
import * as sql from './postgres.sql.js';
import type { SqlPool } from './postgres-pool.js';

/** A job that waits for others is delayed, in redrain's words. */
const THEIRS: Readonly<Record<JobState, readonly string[]>> = {
  waiting: ['waiting'],
  active: ['active'],
  delayed: ['delayed', 'waiting-children'],
  completed: ['completed'],
  failed: ['failed'],
};

/** BullMQ's tables in PostgreSQL. */
export class PostgresRows implements JobRows {
  readonly #pool: SqlPool;

  constructor(pool: SqlPool) {
    this.#pool = pool;
  }

  async runAt(queue: string, id: string): Promise<number | null> {
    const { rows } = await this.#pool.query<{ runAt: number }>(sql.RUN_AT, [queue, id]);
    return rows[0]?.runAt ?? null;
  }

  async forgetStalls(queue: string, id: string): Promise<void> {
    await this.#pool.query(sql.FORGET_STALLS, [queue, id]);
  }

  async restartWaits(queue: string, now: number): Promise<void> {
    await this.#pool.query(sql.RESTART_DELAYS, [queue, now]);
    await this.#pool.query(sql.RESTART_LOCKS, [queue, now]);
    await this.#pool.query(sql.RESTART_LOOKS, [queue, now]);
  }

  async time(): Promise<number> {
    const { rows } = await this.#pool.query<{ ms: number }>(sql.TIME);
    return rows[0]?.ms ?? 0;
  }

  async eventBefore(queue: string, time: number): Promise<string> {
    const { rows } = await this.#pool.query<{ id: string }>(sql.EVENT_BEFORE, [
      queue,
      Math.floor(time),
    ]);
    return rows[0]?.id ?? '0';
  }

  async counts(queue: string): Promise<JobCounts> {
    const counted = { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 };
    const { rows } = await this.#pool.query<{ state: string; jobs: number }>(sql.COUNT_JOBS, [
      queue,
    ]);
    for (const { state, jobs } of rows) {
      const ours = toState(state);
      if (ours !== undefined) counted[ours] += jobs;
    }
    return counted;
  }

  async list(queue: string, states: readonly JobState[], most: number): Promise<ListedJob[]> {
    const found: ListedJob[] = [];
    for (const state of states) {
      const asked = [queue, THEIRS[state], Math.min(most, 2 ** 31 - 1)];
      const { rows } = await this.#pool.query<{ id: string }>(sql.LIST_JOBS, asked);
      for (const { id } of rows) found.push({ id, state });
    }
    return found;
  }

  async read(queue: string, id: string): Promise<JobTexts | undefined> {
    return (await this.#pool.query<JobTexts>(sql.READ_JOB, [queue, id])).rows[0];
  }

  async write(queue: string, id: string, field: JobField, text: string): Promise<void> {
    await this.#pool.query(sql.WRITE_JOB[field], [queue, id, text]);
  }

  async details(queue: string): Promise<EventDetail[]> {
    return (await this.#pool.query<EventDetail>(sql.EVENT_DETAILS, [queue])).rows;
  }

  async forgetEvent(queue: string, id: string): Promise<void> {
    await this.#pool.query(sql.FORGET_EVENT, [queue, id]);
  }
}
