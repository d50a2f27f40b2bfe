import { PostgresEngine } from '../../src/bullmq/postgres-engine.js';
import { describeJobQueue } from '../queue/job-queue-suite.js';
import { givenLocal, givenSchema, KeptOpen, queuesOn, stopTime } from './given-stores.js';
import { needsPostgres } from './needs.js';

describe('BullMQ', () => {
  needsPostgres();
  const place = givenSchema();
  const home = givenLocal();
  const engines = new KeptOpen(() => PostgresEngine.connect(place));

  describeJobQueue('BullMQ in PostgreSQL', {
    open(clock) {
      stopTime(clock);
      return { connect: async () => queuesOn(home, await engines.take(), clock) };
    },
  });
});
