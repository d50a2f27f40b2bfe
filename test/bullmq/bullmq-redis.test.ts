import { describeJobQueue } from '../queue/job-queue-suite.js';
import { givenLocal, placeAt, queuesOn, REDIS_URL, SlowRedis, stopTime } from './given-stores.js';
import { needsRedis } from './needs.js';

describe('BullMQ', () => {
  needsRedis();
  const home = givenLocal();

  describeJobQueue('BullMQ in Redis', {
    open(clock) {
      stopTime(clock);
      const redis = new SlowRedis(placeAt(REDIS_URL), clock);
      return { connect: async () => queuesOn(home, await redis.connect(), clock) };
    },
  });
});
