import { enqueue } from '../app/jobs/enqueue.js';
import { liveWorkers } from '../app/jobs/live-workers.js';
import { dispatchQueueOf, targetOfQueue } from '../app/jobs/queue-names.js';
import type { Queues } from '../queue/ports.js';
import type { Service } from './service.js';

/**
 * Wakes whoever drains now: the queues of drains that live workers serve, so
 * that nothing piles up where nobody looks. A nudge that gets lost costs time
 * and never an event: a worker that starts, and every sweep, finds the work.
 */
export async function nudgeDispatch({ queues, app }: Service): Promise<void> {
  const served = (await liveWorkers(queues, app.now())).flatMap((worker) => worker.queues);
  for (const name of new Set(served)) {
    const targetId = targetOfQueue(name);
    if (targetId !== null) await addDrain(queues, targetId);
  }
}

/** One drain of this target (undefined: the active one), unless one waits already. */
export async function addDrain(queues: Queues, targetId: number | undefined): Promise<void> {
  const data = targetId === undefined ? {} : { targetId };
  await enqueue(queues, 'dispatch', data, {}, dispatchQueueOf(targetId));
}
