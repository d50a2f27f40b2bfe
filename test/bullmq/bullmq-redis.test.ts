import { describeJobQueue } from '../queue/job-queue-suite.js';
import { temporaryHome } from '../support/temporary-home.js';
import { placeAt, queuesOn, REDIS_URL, SlowRedis, stopTime } from './given-stores.js';
import { needsRedis } from './needs.js';

describe('BullMQ', () => {
  needsRedis();

  describeJobQueue('BullMQ in Redis', {
    open(clock) {
      stopTime(clock);
      const home = temporaryHome();
      const redis = new SlowRedis(placeAt(REDIS_URL), clock);
      return { connect: async () => queuesOn(home, await redis.connect(), clock) };
    },
  });
});
