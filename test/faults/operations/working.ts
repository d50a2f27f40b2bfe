import { expect } from 'chai';
import { App } from '../../../src/app/app.js';
import { enqueue, withQueues } from '../../../src/app/jobs/enqueue.js';
import type { Job } from '../../../src/queue/job.js';
import { captured, envelopes } from '../../processes/given-events.js';
import { payloadDigests, sha256 } from '../../processes/journal-rows.js';
import { type Cli, type CliResult } from '../../support/cli.js';
import { WarmCli } from '../../support/warm-cli.js';
import { startWorker } from '../../workers/worker-process.js';
import { journalled } from '../home-state.js';
import type { Operation, Scene, Watched } from '../operation.js';

const BEFORE = envelopes(1, 'before');
const LINES = envelopes(3);

/** A dead worker's job is free again after this. */
const TIMING = ['--lock-duration', '500', '--sweep-interval', '300', '--log-level', 'warn'];

const worker: Operation = {
  name: 'worker',
  command: 'npm run worker:capture',
  // It looks for work by the clock: how often it passes them differs.
  fixedSteps: ['queue.commit', 'queue.taken', 'queue.ran', 'queue.ended'],
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    await captured(cli, BEFORE);
    const app = new App({ home: cli.home, env: cli.env });
    const { id } = await withQueues(app, (queues) => enqueue(queues, 'capture', { events: LINES }));
    const job = (): Promise<Job | undefined> =>
      withQueues(app, (queues) => queues.queue('capture').getJob(id));
    const isDone = async (): Promise<boolean> => (await job())?.state === 'completed';
    return {
      cli,
      run: (watched = {}) => toItsEnd(cli, watched, isDone),
      state: async () =>
        `journal: ${journalled(cli.home)} of 4 events, the job is ${(await job())?.state}`,
      whole: async () => {
        expect((await job())?.state).to.equal('completed');
        expect([...payloadDigests(cli.home).values()]).to.have.members(
          [...BEFORE, ...LINES].map(sha256),
        );
      },
    };
  },
};

/** Until it kills itself, or until the job is done: a dead worker's job takes a while to be free. */
async function toItsEnd(
  cli: Cli,
  watched: Watched,
  isDone: () => Promise<boolean>,
): Promise<CliResult> {
  const args = [...TIMING, '--once'];
  for (;;) {
    const ended = await startWorker(cli, 'capture', args, watched).exited;
    if (watched.crash !== undefined || ended.code !== 0 || (await isDone())) return ended;
  }
}

export const WORKING: readonly Operation[] = [worker];
