import { DISPATCH_QUEUE, dispatchQueueOf } from '../app/jobs/queue-names.js';
import { DelayedError } from '../queue/errors.js';
import type { RunningJob } from '../queue/ports.js';
import { sweepTarget } from './dispatch-sweep.js';
import { LOCKED_PAUSE_MS, runDrain } from './drain-job.js';
import { DueWatch } from './due-watch.js';
import type { ServedQueue, Service, WorkerKind } from './service.js';

/**
 * Drains the active target, those named with `--target`, or with `--all-targets`
 * every one that is not retired, side by side, one drain of a target at a time. No silent fan-out: what is not named is not
 * served. Jobs that name no target are for the active one: a worker that serves
 * it by name takes them too.
 */
export const dispatchWorker: WorkerKind = {
  name: 'dispatch',
  defaultConcurrency: 1,
  async serves(service) {
    const { targets } = service;
    await targets.refresh();
    if (targets.isForActive)
      return [queueOf(service, DISPATCH_QUEUE, (job) => run(service, undefined, job))];
    return [
      queueOf(service, DISPATCH_QUEUE, (job) => runForActive(service, job)),
      ...targets.ids.map((id) =>
        queueOf(service, dispatchQueueOf(id), (job) => run(service, id, job)),
      ),
    ];
  },
  async sweep(service) {
    const { targets } = service;
    await targets.refresh();
    const open = targets.isForActive ? [undefined] : targets.ids;
    // Trouble with one target is no reason to leave the others alone.
    const ended = await Promise.allSettled(open.map((id) => sweepTarget(service, id)));
    const errors = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (errors.length > 0) throw errors[0];
  },
  watch: (service, onConfig) => new DueWatch(service, onConfig),
};

/** A second drain of one target would only wait for the lock of the first. */
function queueOf(
  { targets }: Service,
  queue: string,
  processor: ServedQueue['processor'],
): ServedQueue {
  return { queue, processor, concurrency: 1, takes: () => targets.takes(queue) };
}

async function runForActive(service: Service, job: RunningJob): Promise<unknown> {
  const { targets, app } = service;
  await targets.refresh();
  if (targets.activeId === undefined)
    throw new DelayedError(
      app.now() + LOCKED_PAUSE_MS,
      'the active target is none that this worker was started for',
    );
  return run(service, targets.activeId, job);
}

async function run(
  service: Service,
  target: number | undefined,
  job: RunningJob,
): Promise<unknown> {
  if (job.name === 'sweep') return { sweep: (await sweepTarget(service, target)).did };
  return runDrain(service, target, job);
}
