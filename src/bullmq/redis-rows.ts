import type { Redis } from 'ioredis';
import { JOB_STATES, type JobCounts, type JobState } from '../queue/job.js';
import type { EventDetail, JobField, JobRows, JobTexts, ListedJob } from './engine.js';

/** A score of the delayed ones is a time, times this, plus a counter. */
const SCORE = 0x1000;
/** More delayed jobs than these are not looked through for times of a clock that was ahead. */
const MOST_DELAYED = 10_000;

/** The keys of jobs in each state, with how they are kept. A job that waits for others is delayed. */
const KEYS: Readonly<Record<JobState, readonly [key: string, kind: 'list' | 'set'][]>> = {
  waiting: [
    ['wait', 'list'],
    ['prioritized', 'set'],
  ],
  active: [['active', 'list']],
  delayed: [
    ['delayed', 'set'],
    ['waiting-children', 'set'],
  ],
  completed: [['completed', 'set']],
  failed: [['failed', 'set']],
};

const FIELDS = ['data', 'progress', 'returnvalue', 'failedReason', 'stacktrace', 'ats'] as const;
/** What an event says beside its kind. */
const DETAILS = ['returnvalue', 'failedReason', 'data'];
const EVENTS_AT_ONCE = 500;

/** BullMQ's keys in Redis: a hash for each job, a list or sorted set for each state, a stream of events. */
export class RedisRows implements JobRows {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async runAt(queue: string, id: string): Promise<number | null> {
    const score = await this.#redis.zscore(this.#key(queue, 'delayed'), id);
    return score === null ? null : Math.floor(Number(score) / SCORE);
  }

  async forgetStalls(queue: string, id: string): Promise<void> {
    await this.#redis.hdel(this.#key(queue, id), 'stc', 'defa');
  }

  /** Locks are keys that Redis itself lets expire: only delays are times of a clock of ours. */
  async restartWaits(queue: string, now: number): Promise<void> {
    const key = this.#key(queue, 'delayed');
    const ahead = await this.#redis.zrangebyscore(
      key,
      now * SCORE,
      '+inf',
      'LIMIT',
      0,
      MOST_DELAYED,
    );
    for (const id of ahead) {
      const delay = Number((await this.#redis.hget(this.#key(queue, id), 'delay')) ?? 0);
      const runAt = (await this.runAt(queue, id)) ?? 0;
      if (runAt - delay > now) await this.#redis.zadd(key, 'XX', (now + delay) * SCORE, id);
    }
  }

  /** The ids of a stream begin with the time of the server. */
  async time(): Promise<number> {
    const [seconds = 0, microseconds = 0] = (await this.#redis.time()).map(Number);
    return seconds * 1000 + microseconds / 1000;
  }

  async eventBefore(_queue: string, time: number): Promise<string> {
    return `${Math.floor(time) - 1}-${Number.MAX_SAFE_INTEGER}`;
  }

  /** All at one moment: a job that moves is counted once. */
  async counts(queue: string): Promise<JobCounts> {
    const counted = { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 };
    const asked = JOB_STATES.flatMap((state) => KEYS[state].map((key) => ({ state, key })));
    const multi = this.#redis.multi();
    for (const { key } of asked) {
      const [name, kind] = key;
      if (kind === 'list') multi.llen(this.#key(queue, name));
      else multi.zcard(this.#key(queue, name));
    }
    const found = (await multi.exec()) ?? [];
    for (const [index, { state }] of asked.entries()) counted[state] += Number(found[index]?.[1]);
    return counted;
  }

  async list(queue: string, states: readonly JobState[], most: number): Promise<ListedJob[]> {
    const found: ListedJob[] = [];
    for (const state of JOB_STATES.filter((one) => states.includes(one)))
      for (const [key, kind] of KEYS[state])
        for (const id of await this.#range(this.#key(queue, key), kind, most))
          found.push({ id, state });
    return found;
  }

  async read(queue: string, id: string): Promise<JobTexts | undefined> {
    const key = this.#key(queue, id);
    const [data = null, progress = null, returnvalue = null, failedReason = null, stack, taken] =
      await this.#redis.hmget(key, ...FIELDS);
    if (data === null) return undefined;
    const stacktrace = stack ?? null;
    return { data, progress, returnvalue, failedReason, stacktrace, started: Number(taken) > 0 };
  }

  async write(queue: string, id: string, field: JobField, text: string): Promise<void> {
    const key = this.#key(queue, id);
    if ((await this.#redis.exists(key)) === 1) await this.#redis.hset(key, field, text);
  }

  async details(queue: string): Promise<EventDetail[]> {
    const found: EventDetail[] = [];
    const key = this.#key(queue, 'events');
    for (let from = '-'; ; ) {
      const page = await this.#redis.xrange(key, from, '+', 'COUNT', EVENTS_AT_ONCE);
      for (const [id, fields] of page) found.push(...detailIn(id, fields));
      const last = page.at(-1);
      if (last === undefined || page.length < EVENTS_AT_ONCE) return found;
      from = `(${last[0]}`;
    }
  }

  async forgetEvent(queue: string, id: string): Promise<void> {
    await this.#redis.xdel(this.#key(queue, 'events'), id);
  }

  /** The oldest of a list is its last. */
  async #range(key: string, kind: 'list' | 'set', most: number): Promise<string[]> {
    if (kind === 'set') return this.#redis.zrange(key, 0, most - 1);
    return (await this.#redis.lrange(key, -most, -1)).reverse();
  }

  #key(queue: string, what: string): string {
    return `${this.#prefix}:${queue}:${what}`;
  }
}

function detailIn(id: string, fields: string[]): EventDetail[] {
  const said = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) said.set(fields[i] ?? '', fields[i + 1] ?? '');
  const detail = DETAILS.find((name) => said.has(name));
  if (detail === undefined) return [];
  return [{ id, jobId: said.get('jobId') ?? '', text: said.get(detail) ?? '' }];
}
