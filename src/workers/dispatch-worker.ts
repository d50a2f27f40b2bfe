import { dispatchQueueOf } from '../app/jobs/queue-names.js';
import type { RunningJob } from '../queue/ports.js';
import { sweepTarget } from './dispatch-sweep.js';
import { runDrain } from './drain-job.js';
import type { Service, WorkerKind } from './service.js';
import { servedTargets } from './targets-served.js';

/**
 * Drains the active target, or those named with `--target` side by side, one
 * drain of a target at a time. No silent fan-out: what is not named is not served.
 */
export const dispatchWorker: WorkerKind = {
  name: 'dispatch',
  defaultConcurrency: 1,
  async serves(service) {
    return (await servedTargets(service)).map((target) => ({
      queue: dispatchQueueOf(target),
      processor: (job) => run(service, target, job),
      // A second drain of one target would only wait for the lock of the first.
      concurrency: 1,
    }));
  },
  async sweep(service) {
    for (const target of await servedTargets(service)) await sweepTarget(service, target);
  },
};

async function run(
  service: Service,
  target: number | undefined,
  job: RunningJob,
): Promise<unknown> {
  if (job.name === 'sweep') return { sweep: await sweepTarget(service, target) };
  return runDrain(service, target, job);
}
