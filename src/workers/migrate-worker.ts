import { MIGRATE_DATA, readData } from '../app/jobs/job-data.js';
import { MIGRATE_QUEUE } from '../app/jobs/queue-names.js';
import { DelayedError } from '../queue/errors.js';
import type { RunningJob } from '../queue/ports.js';
import { STOPPED_PAUSE_MS } from './drain-job.js';
import { nudgeDispatch } from './nudge.js';
import type { Service, WorkerKind } from './service.js';

/** Takes old queues in. Never cleans them up: that is for an operator to say. */
export const migrateWorker: WorkerKind = {
  name: 'migrate',
  defaultConcurrency: 1,
  async serves(service) {
    return [{ queue: MIGRATE_QUEUE, processor: (job) => run(service, job), concurrency: 1 }];
  },
};

async function run({ app, log, stopping, queues }: Service, job: RunningJob): Promise<unknown> {
  const { dryRun } = readData(MIGRATE_DATA, job.data);
  const { migrate } = await import('../app/migrate.js');
  const report = await migrate(app, {
    dryRun,
    signal: AbortSignal.any([job.signal, stopping]),
    progress(done, of, { path, status }) {
      log.info({ job: job.id, done, of, source: path, status }, 'old queue');
      // How far it is can be lost; the import cannot.
      job.updateProgress({ done, of }).catch(() => undefined);
    },
  });
  if (report.interrupted && stopping.aborted)
    throw new DelayedError(app.now() + STOPPED_PAUSE_MS, 'the worker was asked to stop');
  if (!dryRun) await nudgeDispatch(queues);
  return report;
}
