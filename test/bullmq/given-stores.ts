import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IQueueBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { BullmqQueues } from '../../src/bullmq/bullmq-queues.js';
import type { Engine } from '../../src/bullmq/engine.js';
import { HomeQueues } from '../../src/bullmq/home-queues.js';
import type { QueuePlace } from '../../src/bullmq/place.js';
import { PostgresEngine } from '../../src/bullmq/postgres-engine.js';
import { RedisEngine } from '../../src/bullmq/redis-engine.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import type { Queues } from '../../src/queue/ports.js';
import type { QueueTestClock } from '../queue/suite/given-queues.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

export const REDIS_URL = process.env.REDRAIN_TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
export const POSTGRES_URL =
  process.env.REDRAIN_TEST_POSTGRES_URL ??
  'postgres://root@127.0.0.1:5432/test?options=-c%20synchronous_commit%3Doff';

const QUICK = { beat: 3, poll: 200, stalled: 20 };

/** A place of its own in a store. */
export function placeAt(url: string): QueuePlace {
  const kind = url.startsWith('redis') ? 'redis' : 'postgres';
  return { kind, url, shown: url, space: `redrain_test_${randomUUID().replaceAll('-', '')}` };
}

/** BullMQ asks the system for the time: until the end of the test that is the clock's. */
export function stopTime(clock: QueueTestClock): void {
  const { now } = Date;
  Date.now = () => clock.now();
  closeAfterTest(() => {
    Date.now = now;
  });
}

/** Keeps open, from one test to the next, what takes long to open: closing it gives it back. */
export class KeptOpen<T extends { close(): Promise<void> }> {
  readonly #open: () => Promise<T>;
  readonly #free: T[] = [];
  readonly #closes: (() => Promise<void>)[] = [];

  constructor(open: () => Promise<T>) {
    this.#open = open;
    after(async () => {
      for (const close of this.#closes) await close();
    });
  }

  async take(): Promise<T> {
    const kept = this.#free.pop() ?? (await this.#new());
    return kept;
  }

  async #new(): Promise<T> {
    const opened = await this.#open();
    this.#closes.push(opened.close.bind(opened));
    opened.close = async () => void this.#free.push(opened);
    return opened;
  }
}

/** jobs.db of one home, for the tests of a suite: each process of a test has a connection of its own. */
export function givenLocal(): KeptOpen<Queues> {
  const home = mkdtempSync(join(tmpdir(), 'redrain-test-'));
  const kept = new KeptOpen<Queues>(() => LitequeQueues.open(join(home, 'jobs.db')));
  after(() => rmSync(home, { recursive: true, force: true }));
  return kept;
}

/** The queues of a home, as one of its processes has them. */
export async function queuesOn(
  home: KeptOpen<Queues>,
  engine: Engine,
  clock: QueueTestClock,
): Promise<Queues> {
  const local = await home.take();
  const file = join(temporaryHome(), 'jobs-store');
  const shared = new BullmqQueues(engine, { clock, random: () => 0, pace: QUICK });
  return new HomeQueues({ local, shared, isLocal: () => false, file });
}

/**
 * Lets the time of Redis pass with the clock. A lock is there for so much longer
 * than it was asked for, as the clock stands still while a test runs.
 */
export class SlowRedis {
  readonly #place: QueuePlace;
  readonly #clock: QueueTestClock;
  readonly #clients: Redis[] = [];

  constructor(place: QueuePlace, clock: QueueTestClock) {
    this.#place = place;
    this.#clock = clock;
    clock.moved = () => this.#follow();
    closeAfterTest(() => this.#forget());
  }

  async connect(): Promise<Engine> {
    const engine = await RedisEngine.connect(this.#place);
    // Commands of one connection are in order: what comes after a move finds it done.
    this.#clients.push(engine.client);
    await this.#move(engine.client);
    return slowed(engine);
  }

  #follow(): void {
    for (const client of this.#clients) void this.#move(client);
  }

  async #move(client: Redis): Promise<void> {
    const { space } = this.#place;
    await client.eval(LET_TIME_PASS, 0, space, this.#clock.now(), SLOWER).catch(() => undefined);
  }

  async #forget(): Promise<void> {
    this.#clock.moved = undefined;
    await forgetRedis(this.#place);
  }
}

export async function forgetRedis({ url, space }: QueuePlace): Promise<void> {
  const redis = new Redis(url);
  const keys = await redis.keys(`${space}:*`);
  if (keys.length > 0) await redis.del(...keys);
  await redis.quit();
}

/** How much slower the time of Redis is for locks. */
const SLOWER = 1000;

const LET_TIME_PASS = `
  local key = ARGV[1] .. ':test-clock'
  local now = tonumber(ARGV[2])
  local passed = now - tonumber(redis.call('GET', key) or now)
  redis.call('SET', key, ARGV[2])
  if passed <= 0 then return end
  for _, one in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
    local left = redis.call('PTTL', one)
    if left > 0 then
      local slower = string.sub(one, -5) == ':lock' and tonumber(ARGV[3]) or 1
      redis.call('PEXPIRE', one, math.max(0, left - passed * slower))
    end
  end`;

function slowed(engine: RedisEngine): Engine {
  const { taking } = engine;
  engine.taking = (name, options) => {
    const lockDuration = options.lockDuration * SLOWER;
    const backend: IQueueBackend = taking.call(engine, name, { ...options, lockDuration });
    const { extendLocks } = backend;
    backend.extendLocks = (ids, tokens, duration) =>
      extendLocks.call(backend, ids, tokens, duration * SLOWER);
    return backend;
  };
  return engine;
}

/** Makes the tables before the tests of a suite, empties them after each, and drops them at the end. */
export function givenSchema(): QueuePlace {
  const place = placeAt(POSTGRES_URL);
  const client = new pg.Client(POSTGRES_URL);
  before(async () => {
    await client.connect();
    await PostgresEngine.migrate(place);
  });
  beforeEach(async () => {
    const { rows } = await client.query<{ text: string }>(
      `SELECT string_agg(format('DELETE FROM %I.%I', schemaname, tablename), ';') AS text
       FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migration'`,
      [place.space],
    );
    await client.query(rows[0]?.text ?? '');
  });
  after(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${place.space} CASCADE`);
    await client.end();
  });
  return place;
}
