import type { IQueueBackend, Job, JobJson, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Engine, StoreNote, TakingOptions } from './engine.js';
import { isOfConnection, QueueStoreError } from './errors.js';
import { loaded } from './packages.js';
import type { QueuePlace } from './place.js';
import { RedisRecords } from './redis-records.js';
import { RedisRows } from './redis-rows.js';

/** Milliseconds for a connection, and for an answer: longer than any wait that is asked for. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 15_000;
/** Pauses between attempts to connect again. */
const AGAIN_MS = { first: 100, longest: 5_000 };
/** Milliseconds for which events are waited for at once. */
const EVENTS_MS = 5_000;

type Packages = typeof import('bullmq');

/** Jobs in Redis. */
export class RedisEngine implements Engine {
  readonly records: RedisRecords;
  readonly rows: RedisRows;
  readonly #bullmq: Packages;
  readonly #redis: Redis;
  readonly #place: QueuePlace;

  private constructor(bullmq: Packages, redis: Redis, place: QueuePlace) {
    this.#bullmq = bullmq;
    this.#redis = redis;
    this.#place = place;
    // Of every command, whoever gives it.
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command, stream) => this.#worded(send(command, stream));
    this.records = new RedisRecords(redis, place.space);
    this.rows = new RedisRows(redis, place.space);
  }

  /** @throws QueuePackageError, QueueStoreError. */
  static async connect(place: QueuePlace): Promise<RedisEngine> {
    const needs = ['bullmq', 'ioredis'];
    const bullmq = await loaded(place, needs, () => import('bullmq'));
    const ioredis = await loaded(place, needs, () => import('ioredis'));
    const redis = new ioredis.Redis(place.url, {
      // A command fails when the connection does: whoever asked knows, and asks again.
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      retryStrategy: (times) =>
        Math.min(AGAIN_MS.longest, AGAIN_MS.first * 2 ** Math.min(times, 10)),
    });
    try {
      await ready(redis);
    } catch (error) {
      redis.disconnect();
      throw new QueueStoreError(place.shown, error);
    }
    redis.on('error', () => undefined);
    return new RedisEngine(bullmq, redis, place);
  }

  /** The connection itself, for what BullMQ does not ask of it. */
  get client(): Redis {
    return this.#redis;
  }

  queue(name: string): Queue {
    const queue = new this.#bullmq.Queue(name, { connection: this.#redis, ...this.#options });
    queue.on('error', () => undefined);
    return queue;
  }

  taking(name: string, options: TakingOptions): IQueueBackend {
    const { createRedisBackend } = this.#bullmq;
    const backend = createRedisBackend(
      name,
      { connection: this.#redis, ...this.#options, ...options, stalledInterval: 1 } as never,
      { withBlockingConnection: true },
    );
    backend.on('error', () => undefined);
    return backend;
  }

  events(name: string, after: string): QueueEvents {
    return new this.#bullmq.QueueEvents(name, {
      connection: this.#redis,
      ...this.#options,
      lastEventId: after,
      blockingTimeout: EVENTS_MS,
    });
  }

  jobOf(queue: Queue, json: JobJson, id: string): Job {
    return this.#bullmq.Job.fromJSON(queue, json, id);
  }

  inWords(error: unknown): unknown {
    return isOfConnection(error) ? new QueueStoreError(this.#place.shown, error) : error;
  }

  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  /** A Redis that hides its settings says nothing. */
  async notes(): Promise<StoreNote[]> {
    const [policy, log] = await Promise.all([
      this.#setting('maxmemory-policy'),
      this.#setting('appendonly'),
    ]);
    return [
      ...(policy === undefined || policy === 'noeviction' ? [] : [evicts(policy)]),
      ...(log === 'no' ? [KEEPS_LITTLE] : []),
    ];
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  async #setting(name: string): Promise<string | undefined> {
    const found = (await this.#redis.config('GET', name).catch(() => [])) as string[];
    return found[1];
  }

  #worded(result: unknown): unknown {
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw this.inWords(error);
    });
  }

  get #options() {
    return { prefix: this.#place.space, skipMetasUpdate: true };
  }
}

/** Jobs of which a part is gone are neither run nor seen. */
const evicts = (policy: string): StoreNote => ({
  message: `Redis deletes keys when its memory is full (maxmemory-policy ${policy}), and so loses parts of jobs`,
  advice: 'set maxmemory-policy to noeviction in Redis',
});

const KEEPS_LITTLE: StoreNote = {
  message: 'Redis keeps no log (appendonly no): jobs that it loses are made again from the ledger',
};

/** Once the connection can be used; rejects with what kept it from that the first time. */
function ready(redis: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.once('ready', resolve);
    redis.once('error', reject);
    redis.once('close', () => reject(new Error('the connection was closed')));
  });
}
