import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { withQueues } from '../../src/app/jobs/enqueue.js';
import { listSchedules, setDefaultSchedules } from '../../src/app/jobs/schedules.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { captured, envelopes } from '../processes/given-events.js';
import { until } from '../queue/waiting.js';
import { Cli, type RunningCli } from '../support/cli.js';
import { type EventServer, eventServer } from '../support/event-server.js';
import { external, logged, startWorker } from '../workers/worker-process.js';
import { needsRedisServer, OwnRedis } from './own-redis.js';

describe('a Redis that is lost', () => {
  needsRedisServer();

  it('loses nothing but time: killed in the middle, and started empty', async () => {
    const redis = await OwnRedis.make();
    const cli = new Cli({ REDRAIN_QUEUE_URL: redis.url });
    const server = await eventServer();
    await external(cli, `${server.url}/events`);
    const worker = startWorker(cli, 'dispatch', ['--metrics-port', '0', '--sweep-interval', '300']);

    // Not there at the start: one line of the log, and tried again.
    const trouble = await logged(worker, 'the job queue cannot be opened');
    expect(JSON.stringify(trouble.err)).to.contain(
      `the job queue at ${redis.url} cannot be used: nobody listens there`,
    );
    await redis.start();
    const { metrics_port: port } = await logged(worker, 'ready');
    const app = new App({ home: cli.home, env: cli.env });
    await withQueues(app, (queues) => setDefaultSchedules(queues, { yes: false, tz: 'UTC' }));
    await withQueues(app, (queues) => queues.queue('gc').pause());
    await captured(cli, envelopes(20, 'before'));
    await delivered(server, 20);
    await until(() => isNoted(app));

    await redis.kill();
    await captured(cli, envelopes(20, 'without'));
    await until(async () => (await readyz(port)).status === 503);
    expect((await readyz(port)).text).to.contain('jobs: the job queue at');
    await redis.start();
    await captured(cli, envelopes(20, 'after'));
    await delivered(server, 60);
    await until(async () => (await readyz(port)).status === 200);

    const found = () =>
      withQueues(app, async (queues) => ({
        schedules: (await listSchedules(queues)).map(({ id }) => id).sort(),
        isPaused: await queues.queue('gc').isPaused(),
      }));
    // The worker delivers first, and puts back after it.
    await until(async () => {
      const { schedules, isPaused } = await found();
      return isPaused && schedules.length === 3;
    });
    expect(await found()).to.deep.equal({
      schedules: ['archive', 'dispatch-sweep', 'gc'],
      isPaused: true,
    });
    await endsWell(worker);
    for (const [line, times] of troubles(worker)) expect(times, line).to.be.at.most(2);
  });
});

/** The worker has copied the pause, which is the last thing that was said. */
async function isNoted({ paths }: App): Promise<boolean> {
  const local = LitequeQueues.openReadOnly(paths.jobsDb);
  const isPaused = await local?.queue('gc').isPaused();
  await local?.close();
  return isPaused === true;
}

const delivered = (server: EventServer, events: number): Promise<void> =>
  until(async () => new Set(server.posts.flat()).size === events);

async function readyz(port: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: response.status, text: await response.text() };
}

async function endsWell(worker: RunningCli): Promise<void> {
  worker.kill('SIGTERM');
  expect((await worker.exited).code).to.equal(0);
}

/** Lines of the log about trouble, and how often each is there. */
function troubles(worker: RunningCli): Map<string, number> {
  const times = new Map<string, number>();
  for (const line of worker.stdout.split('\n').filter((one) => one.includes('"level":"error"'))) {
    const { msg, queue } = JSON.parse(line) as { msg: string; queue?: string };
    const key = `${msg} ${queue ?? ''}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return times;
}
