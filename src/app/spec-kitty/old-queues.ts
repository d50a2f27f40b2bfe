import { type WaitingFile, waitingFiles } from '../../reports/old-queues.js';
import { findQueueFiles } from '../../spec-kitty/legacy/queue-files.js';
import type { App } from '../app.js';

/**
 * Every old queue file with rows that nothing sends. Reads only; a file that
 * cannot be read says nothing here, for `status` says why.
 */
export async function readWaitingQueues(app: App): Promise<WaitingFile[]> {
  if (findQueueFiles(app.paths).files.length === 0) return [];
  const { oldQueueState } = await import('../../spec-kitty/legacy/old-queue-state.js');
  return app.readingStores(async (stores) =>
    waitingFiles(await oldQueueState(app.paths, stores?.imports)),
  );
}
