import type { App } from '../app.js';
import { placeOfJobs } from '../jobs/open-queues.js';
import { type Check, fine } from './check.js';

/** Where the jobs are, and how that store is set up. Whether it answers at all is for `status` to find. */
export async function examineJobQueue(app: App): Promise<Check[]> {
  try {
    const place = await placeOfJobs(app);
    if (place === undefined) return [];
    const { examineStore } = await import('../../bullmq/open.js');
    const notes = await examineStore(place);
    return [fine('job_queue', `jobs are kept at ${place.shown}`), ...notes.map(lineOf)];
  } catch {
    // It is among the findings already.
    return [];
  }
}

function lineOf({ message, advice }: { message: string; advice?: string }): Check {
  if (advice === undefined) return fine('job_queue', message);
  return { check: 'job_queue', status: 'warning', message, command: advice };
}
