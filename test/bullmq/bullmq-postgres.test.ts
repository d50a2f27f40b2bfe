import { PostgresEngine } from '../../src/bullmq/postgres-engine.js';
import { describeJobQueue } from '../queue/job-queue-suite.js';
import { temporaryHome } from '../support/temporary-home.js';
import { givenSchema, queuesOn, stopTime } from './given-stores.js';
import { needsPostgres } from './needs.js';

describe('BullMQ', () => {
  needsPostgres();
  const place = givenSchema();

  describeJobQueue('BullMQ in PostgreSQL', {
    open(clock) {
      stopTime(clock);
      const home = temporaryHome();
      return { connect: async () => queuesOn(home, await PostgresEngine.connect(place), clock) };
    },
  });
});
