import { DISPATCH_OPTIONS, ONE_WAITING } from '../app/jobs/job-defaults.js';
import { dispatchQueueOf, targetOfQueue } from '../app/jobs/queue-names.js';
import type { Queues } from '../queue/ports.js';

/**
 * Wakes whoever drains: the queues of drains that a worker has served before.
 * A nudge that gets lost costs time and never an event: the sweep finds it.
 */
export async function nudgeDispatch(queues: Queues): Promise<void> {
  for (const name of await queues.names({ served: true })) {
    const targetId = targetOfQueue(name);
    if (targetId !== null) await addDrain(queues, targetId);
  }
}

/** One drain of this target (undefined: the active one), unless one waits already. */
export async function addDrain(queues: Queues, targetId: number | undefined): Promise<void> {
  const data = targetId === undefined ? {} : { targetId };
  const options = { ...DISPATCH_OPTIONS, ...(ONE_WAITING && { deduplication: ONE_WAITING }) };
  await queues.queue(dispatchQueueOf(targetId)).add('drain', data, options);
}
