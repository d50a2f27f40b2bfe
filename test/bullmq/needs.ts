import { Redis } from 'ioredis';
import pg from 'pg';
import { plainMessage } from '../../src/files/trouble.js';
import { withoutEngine } from '../support/engines.js';
import { POSTGRES_URL, REDIS_URL } from './given-stores.js';

/** Tests of this suite need a Redis that answers. */
export function needsRedis(): void {
  before(async function () {
    const redis = new Redis(REDIS_URL, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
    } catch (error) {
      withoutEngine(this, `Redis at ${REDIS_URL}`, plainMessage(error));
    } finally {
      redis.disconnect();
    }
  });
}

/** Tests of this suite need a PostgreSQL that answers. */
export function needsPostgres(): void {
  before(async function () {
    const client = new pg.Client(POSTGRES_URL);
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      return withoutEngine(this, `PostgreSQL at ${POSTGRES_URL}`, plainMessage(error));
    }
    await client.end();
  });
}
