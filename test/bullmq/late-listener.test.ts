import { expect } from 'chai';
import { BullmqQueues } from '../../src/bullmq/bullmq-queues.js';
import type { Engine, JobRows } from '../../src/bullmq/engine.js';
import { PostgresEngine } from '../../src/bullmq/postgres-engine.js';
import { RedisEngine } from '../../src/bullmq/redis-engine.js';
import { gate, until } from '../queue/waiting.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { forgetRedis, givenSchema, placeAt, REDIS_URL } from './given-stores.js';
import { needsPostgres, needsRedis } from './needs.js';

/** An engine whose rows are asked only once the gate is open, as over a slow connection. */
function askedLate(engine: Engine, opened: () => Promise<void>): Engine {
  const late = <T extends object>(target: T, own: Partial<T>): T =>
    new Proxy(target, {
      get(_, name) {
        if (name in own) return own[name as keyof T];
        const found: unknown = Reflect.get(target, name, target);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  const { rows } = engine;
  const held: Partial<JobRows> = {
    time: () => opened().then(() => rows.time()),
    eventBefore: (...asked) => opened().then(() => rows.eventBefore(...asked)),
  };
  return late(engine, { rows: late(rows, held) });
}

/** The store's times are whole milliseconds: what follows has a later one. */
async function storeMovesOn({ rows }: Engine): Promise<void> {
  const began = await rows.time();
  await until(async () => (await rows.time()) > began + 2);
}

/** What a listener hears of jobs added before and after it began to listen. */
async function heardOf(engine: Engine): Promise<string[]> {
  const asks = gate();
  const queues = new BullmqQueues(askedLate(engine, asks.wait));
  closeAfterTest(() => queues.close());
  const queue = queues.queue('q');
  await queue.add('x', null, { jobId: 'before' });
  await storeMovesOn(engine);
  const heard: string[] = [];
  closeAfterTest(queue.on('waiting', ({ jobId }) => heard.push(jobId)));
  await queue.add('x', null, { jobId: 'after' });
  await storeMovesOn(engine);
  asks.open();
  await until(async () => heard.length > 0);
  await queue.add('x', null, { jobId: 'last' });
  await until(async () => heard.includes('last'));
  return heard;
}

describe('a listener whose store is asked late', () => {
  describe('in PostgreSQL', () => {
    needsPostgres();
    const place = givenSchema();
    it('hears all since it began, and nothing from before', async () => {
      expect(await heardOf(await PostgresEngine.connect(place))).to.deep.equal(['after', 'last']);
    });
  });

  describe('in Redis', () => {
    needsRedis();
    it('hears all since it began, and nothing from before', async () => {
      const place = placeAt(REDIS_URL);
      closeAfterTest(() => forgetRedis(place));
      expect(await heardOf(await RedisEngine.connect(place))).to.deep.equal(['after', 'last']);
    });
  });
});
