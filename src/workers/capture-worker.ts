import { CAPTURE_QUEUE } from '../app/jobs/queue-names.js';
import { CaptureJobs } from './capture-job.js';
import { nudgeDispatch } from './nudge.js';
import type { Service, WorkerKind } from './service.js';

/** Jobs that bring events, and the spool. Never deletes anything but a spool file it has taken in. */
export const captureWorker: WorkerKind = {
  name: 'capture',
  defaultConcurrency: 8,
  async serves(service) {
    const jobs = new CaptureJobs(service);
    const concurrency = service.options.concurrency ?? this.defaultConcurrency;
    return [{ queue: CAPTURE_QUEUE, processor: (job) => jobs.run(job), concurrency }];
  },
  sweep: ingestSpool,
};

async function ingestSpool(service: Service): Promise<void> {
  const { app, log, metrics } = service;
  const ingestions = await app.ingestSpool();
  for (const { file, verdicts, problems } of ingestions) {
    metrics.captured('from_spool', verdicts.length);
    log.info({ file, events: verdicts.length, problems }, 'spool file taken in');
  }
  if (ingestions.length > 0) await nudgeDispatch(service);
}
