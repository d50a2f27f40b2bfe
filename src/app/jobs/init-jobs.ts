import type { App } from '../app.js';
import { placeOfJobs } from './open-queues.js';

/** Where the jobs are kept, as people are shown it, and whether tables were made for them. */
export interface InitReport {
  /** Null: in the home. */
  readonly address: string | null;
  readonly made: boolean;
}

/** Makes what the store of the jobs needs before its first use. @throws QueueStoreError, QueuePackageError. */
export async function initJobs(app: App): Promise<InitReport> {
  const place = await placeOfJobs(app);
  if (place === undefined) return { address: null, made: false };
  const { initQueues } = await import('../../bullmq/open.js');
  return { address: place.shown, made: await initQueues(place) };
}
