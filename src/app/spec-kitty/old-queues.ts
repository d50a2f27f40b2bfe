import type { WaitingFile } from '../../reports/sections.js';
import { findQueueFiles } from '../../spec-kitty/legacy/queue-files.js';
import type { App } from '../app.js';

/**
 * Every old queue file with rows that nothing sends. Reads only; a file that
 * cannot be read is left out, for `status` says why.
 */
export async function readWaitingQueues(app: App): Promise<readonly WaitingFile[]> {
  if (findQueueFiles(app.paths).files.length === 0) return [];
  const { readOldQueues } = await import('../../spec-kitty/legacy/old-queues.js');
  return app.readingStores(async (stores) => {
    const { legacyQueue } = app.paths;
    return (await readOldQueues(app.paths, legacyQueue, stores?.imports)).waitingFiles;
  });
}
