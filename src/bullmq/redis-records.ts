import type { Redis } from 'ioredis';
import type { Records } from './engine.js';

/** An absent value is the empty text: none of ours is empty. */
const REPLACE = `
  local found = redis.call('HGET', KEYS[1], ARGV[1])
  if (found or '') ~= ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  return 1`;

/** One hash for each kind. */
export class RedisRecords implements Records {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async find(kind: string, key: string): Promise<string | undefined> {
    return (await this.#redis.hget(this.#hash(kind), key)) ?? undefined;
  }

  async list(kind: string): Promise<[string, string][]> {
    const all = await this.#redis.hgetall(this.#hash(kind));
    return Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async put(kind: string, key: string, value: string): Promise<void> {
    await this.#redis.hset(this.#hash(kind), key, value);
  }

  async replace(
    kind: string,
    key: string,
    expected: string | undefined,
    value: string,
  ): Promise<boolean> {
    const hash = this.#hash(kind);
    return (await this.#redis.eval(REPLACE, 1, hash, key, expected ?? '', value)) === 1;
  }

  async delete(kind: string, key: string): Promise<boolean> {
    return (await this.#redis.hdel(this.#hash(kind), key)) === 1;
  }

  /** `%` alone begins no name of a queue: the keys of BullMQ are others. */
  #hash(kind: string): string {
    return `${this.#prefix}:%:${kind}`;
  }
}
