import { JobStateError } from './errors.js';
import type { JobOptions } from './job.js';

/** Plain numbers are the ids that the queue itself gives. @throws JobStateError. */
export function assertOwnId({ jobId }: JobOptions): void {
  if (jobId === undefined || !/^\d*$/.test(jobId)) return;
  throw new JobStateError(`a job id of one's own must be more than digits: "${jobId}"`);
}
