import { ARCHIVE_DATA, GC_DATA, readData } from '../app/jobs/job-data.js';
import { GC_QUEUE } from '../app/jobs/queue-names.js';
import { DelayedError, UnrecoverableError } from '../queue/errors.js';
import { type RunningJob, WithWarning } from '../queue/ports.js';
import { STOPPED_PAUSE_MS } from './drain-job.js';
import type { Service, WorkerKind } from './service.js';

/** Runs `gc` and `archive` jobs. Only those that were enqueued or scheduled with --yes delete. */
export const gcWorker: WorkerKind = {
  name: 'gc',
  defaultConcurrency: 1,
  async serves(service) {
    return [{ queue: GC_QUEUE, processor: (job) => run(service, job), concurrency: 1 }];
  },
};

async function run(service: Service, job: RunningJob): Promise<unknown> {
  const report = await reportOf(service, job);
  service.log.info({ job: job.id, ...report }, job.name);
  if (report.interrupted && service.stopping.aborted)
    throw new DelayedError(service.app.now() + STOPPED_PAUSE_MS, 'the worker was asked to stop');
  return 'vacuum_error' in report && report.vacuum_error !== null
    ? new WithWarning(report, { cause: 'vacuum', message: report.vacuum_error })
    : report;
}

function reportOf(service: Service, job: RunningJob) {
  if (job.name === 'gc') return gc(service, job);
  if (job.name === 'archive') return archive(service, job);
  throw new UnrecoverableError(`there is no job ${job.name} here: gc and archive are`);
}

async function gc(service: Service, job: RunningJob) {
  const { yes, keepDays, vacuum } = readData(GC_DATA, job.data);
  const { previewGc, runGc } = await import('../app/gc.js');
  const request = { keepDays, vacuum };
  return (yes ? runGc : previewGc)(service.app, request, controlOf(service, job));
}

async function archive(service: Service, job: RunningJob) {
  const { yes, keepDays, includeUndelivered } = readData(ARCHIVE_DATA, job.data);
  const { previewArchive, runArchive } = await import('../app/archive.js');
  const request = { keepDays, includeUndelivered };
  return (yes ? runArchive : previewArchive)(service.app, request, controlOf(service, job));
}

function controlOf({ stopping }: Service, job: RunningJob) {
  return {
    signal: AbortSignal.any([job.signal, stopping]),
    progress(done: number, of: number) {
      // How far it is can be lost; what was purged cannot come back or go twice.
      job.updateProgress({ done, of }).catch(() => undefined);
    },
  };
}
