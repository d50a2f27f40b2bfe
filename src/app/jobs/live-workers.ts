import type { Queues, WorkerRecord } from '../../queue/ports.js';
import { mayBeAlive } from '../../targets/holder.js';

/** How often a worker says that it is there. */
export const HEARTBEAT_MS = 15_000;
/** A worker that said nothing for so long is stopped, or cannot write. */
const SILENT_MS = 4 * HEARTBEAT_MS;

/** Workers whose process lives and that said so a moment ago. */
export async function liveWorkers(queues: Queues, now: number): Promise<WorkerRecord[]> {
  return (await queues.workers()).filter((worker) => isLive(worker, now));
}

/** A time ahead of now was written by a clock that has been set right since. */
export function isLive(worker: WorkerRecord, now: number): boolean {
  return Math.abs(now - worker.seenAt) <= SILENT_MS && mayBeAlive(worker);
}
