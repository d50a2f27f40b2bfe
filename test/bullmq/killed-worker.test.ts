import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { BullmqQueues } from '../../src/bullmq/bullmq-queues.js';
import type { Engine } from '../../src/bullmq/engine.js';
import type { QueuePlace } from '../../src/bullmq/place.js';
import { PostgresEngine } from '../../src/bullmq/postgres-engine.js';
import { RedisEngine } from '../../src/bullmq/redis-engine.js';
import { until } from '../queue/waiting.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { forgetRedis, givenSchema, placeAt, REDIS_URL } from './given-stores.js';
import { needsPostgres, needsRedis } from './needs.js';

const CHILD = fileURLToPath(new URL('./children/held-job.js', import.meta.url));
const PACE = { beat: 10, poll: 1_000, stalled: 50 };

/** The job of a worker that is killed is run by another once its lock has run out. */
async function isTakenOver(place: QueuePlace, engine: Engine): Promise<void> {
  const queues = new BullmqQueues(engine, { pace: PACE });
  closeAfterTest(() => queues.close());
  const queue = queues.queue('work');
  const { id } = await queue.add('x', { n: 1 });
  const child = spawn(process.execPath, [CHILD, JSON.stringify(place)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closeAfterTest(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect((await queue.getJob(id))?.state).to.equal('active');
  child.kill('SIGKILL');
  const ran: unknown[] = [];
  const worker = queue.process(async ({ data }) => ran.push(data), { lockDuration: 400 });
  await until(async () => (await queue.getJob(id))?.state === 'completed');
  expect(ran).to.deep.equal([{ n: 1 }]);
  expect((await queue.getJob(id))?.stalledCounter).to.equal(1);
  await worker.close();
}

describe('kill -9 of a worker on BullMQ', () => {
  describe('in Redis', () => {
    needsRedis();
    it('leaves its job to another', async () => {
      const place = placeAt(REDIS_URL);
      closeAfterTest(() => forgetRedis(place));
      await isTakenOver(place, await RedisEngine.connect(place));
    });
  });

  describe('in PostgreSQL', () => {
    needsPostgres();
    const place = givenSchema();
    it('leaves its job to another', async () =>
      isTakenOver(place, await PostgresEngine.connect(place)));
  });
});
