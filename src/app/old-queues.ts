import { findQueueFiles } from '../legacy/queue-files.js';
import type { App } from './app.js';

/** An old file with rows that are not in the journal yet. */
export interface WaitingQueue {
  readonly path: string;
  readonly waiting_count: number;
}

/**
 * Every old queue file with rows that nothing sends. Reads only; a file that
 * cannot be read says nothing here, for `status` says why.
 */
export async function readWaitingQueues(app: App): Promise<WaitingQueue[]> {
  if (findQueueFiles(app.paths).files.length === 0) return [];
  const { oldQueueState } = await import('../legacy/old-queue-state.js');
  const stores = app.readStores();
  try {
    const files = await oldQueueState(app.paths, stores);
    return files.flatMap(({ path, waiting_count }) =>
      waiting_count === null || waiting_count === 0 ? [] : [{ path, waiting_count }],
    );
  } finally {
    stores?.db.close();
  }
}
