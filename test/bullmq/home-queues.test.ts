import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { openQueues } from '../../src/app/jobs/open-queues.js';
import { setDefaultSchedules } from '../../src/app/jobs/schedules.js';
import { BullmqQueues } from '../../src/bullmq/bullmq-queues.js';
import type { QueuePlace } from '../../src/bullmq/place.js';
import { RedisEngine } from '../../src/bullmq/redis-engine.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import type { Queues } from '../../src/queue/ports.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { forgetRedis, placeAt, REDIS_URL } from './given-stores.js';
import { needsRedis } from './needs.js';

const WORKER = {
  id: 'w1',
  kind: 'dispatch',
  host: 'here',
  pid: 7,
  startedAt: 1_000,
  queues: ['dispatch'],
  targets: [],
};

describe('the queues of a home whose jobs are in Redis', () => {
  needsRedis();
  let place: QueuePlace;
  let app: App;
  let queues: Queues;

  beforeEach(async () => {
    place = placeAt(REDIS_URL);
    closeAfterTest(() => forgetRedis(place));
    const env = { REDRAIN_QUEUE_URL: `${REDIS_URL}?prefix=${place.space}` };
    app = new App({ home: temporaryHome(), env });
    queues = await openQueues(app);
    closeAfterTest(() => queues.close());
  });

  const schedules = async (): Promise<string[]> =>
    (await queues.queue('dispatch').getJobSchedulers()).map(({ id }) => id);

  it('keep jobs that carry input in jobs.db, and share the others', async () => {
    await enqueue(queues, 'capture', { events: ['{"id":"a"}'] });
    await enqueue(queues, 'dispatch', {});
    expect(await queues.names()).to.deep.equal(['capture', 'dispatch']);
    const local = await LitequeQueues.open(app.paths.jobsDb);
    closeAfterTest(() => local.close());
    expect(await local.names()).to.deep.equal(['capture']);
    expect((await local.queue('capture').getJobCounts()).waiting).to.equal(1);
    const shared = new BullmqQueues(await RedisEngine.connect(place));
    closeAfterTest(() => shared.close());
    expect(await shared.names()).to.deep.equal(['dispatch']);
  });

  it('have schedules and pauses again when the store has lost them', async () => {
    await setDefaultSchedules(queues, { yes: false, tz: 'UTC' });
    await queues.queue('dispatch').pause();
    await queues.announce(WORKER);
    await queues.announce(WORKER);
    await forgetRedis(place);
    expect(await schedules()).to.deep.equal([]);
    await queues.announce(WORKER);
    expect(await schedules()).to.deep.equal(['dispatch-sweep']);
    expect(await queues.queue('dispatch').isPaused()).to.equal(true);
    expect(await queues.names()).to.deep.equal(['dispatch', 'gc']);
  });

  it('have no schedule again that somebody removed', async () => {
    await setDefaultSchedules(queues, { yes: false, tz: 'UTC' });
    await queues.announce(WORKER);
    await queues.announce(WORKER);
    await queues.queue('dispatch').removeJobScheduler('dispatch-sweep');
    await queues.announce(WORKER);
    await forgetRedis(place);
    await queues.announce(WORKER);
    expect(await schedules()).to.deep.equal([]);
  });

  it('cannot be told apart from those of the home while config.toml is broken', async () => {
    await queues.announce(WORKER);
    writeFileSync(join(app.paths.home, 'config.toml'), 'not toml');
    const other = new App({ home: app.paths.home, env: {} });
    const error = await openQueues(other).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'CONFIG_UNREADABLE');
  });
});
