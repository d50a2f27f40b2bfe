/** A process that takes one job of a queue, says so, and never ends it. */
import { BullmqQueues } from '../../../src/bullmq/bullmq-queues.js';
import type { QueuePlace } from '../../../src/bullmq/place.js';
import { PostgresEngine } from '../../../src/bullmq/postgres-engine.js';
import { RedisEngine } from '../../../src/bullmq/redis-engine.js';

const place = JSON.parse(process.argv[2] ?? '') as QueuePlace;
const engine = await (place.kind === 'redis' ? RedisEngine : PostgresEngine).connect(place);
new BullmqQueues(engine).queue('work').process(
  async () => {
    process.stdout.write('taken\n');
    await new Promise(() => undefined);
  },
  { lockDuration: 400 },
);
