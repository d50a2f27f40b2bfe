import { ownOptions } from './job-mapping.js';
import type { QueueContext } from './queue-context.js';

/** Jobs that are looked at: those with a priority are in its order, and not the oldest first. */
const LOOKED_AT = 1_000;

/**
 * Since when the oldest job that could run has been waiting: since it was
 * added, or its delay was over, or its last attempt began. Null when none waits.
 */
export async function waitingSince({ queue, bull, around }: QueueContext): Promise<number | null> {
  const listed = await around.engine.rows.list(bull, ['waiting'], LOOKED_AT);
  // Those without a priority are in the order of waiting: the first says it.
  const [first] = listed;
  if (first === undefined) return null;
  const jobs = await Promise.all(listed.map(({ id }) => queue.getJob(id)));
  const since = jobs.flatMap((job) => {
    if (job === undefined) return [];
    const { delay = 0 } = ownOptions(job.opts).opts;
    return [Math.max(job.timestamp + delay, job.processedOn ?? 0)];
  });
  return since.length === 0 ? null : Math.min(...since);
}
