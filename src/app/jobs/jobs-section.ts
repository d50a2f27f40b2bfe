import type { JobQueue, Queues } from '../../queue/ports.js';
import type { JobsSection, QueueRow } from '../../status/jobs-section.js';
import type { UnreadableSection } from '../../status/or-unreadable.js';
import type { App } from '../app.js';
import { readQueues } from './enqueue.js';

/** Queues and workers of a home as `status` shows them. Changes nothing. */
export async function jobsSection(app: App): Promise<JobsSection | UnreadableSection> {
  try {
    return (await readQueues(app, (queues) => read(queues))) ?? { queues: [], workers: [] };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function read(queues: Queues): Promise<JobsSection> {
  const rows: QueueRow[] = [];
  for (const name of await queues.names()) rows.push(await rowOf(queues.queue(name)));
  return { queues: rows, workers: [] };
}

async function rowOf(queue: JobQueue): Promise<QueueRow> {
  const { waiting, active, delayed, failed } = await queue.getJobCounts();
  const since = await queue.waitingSince();
  const [last] = failed === 0 ? [] : await queue.getJobs(['failed'], failed - 1, failed - 1);
  return {
    queue: queue.name,
    paused: await queue.isPaused(),
    waiting,
    active,
    delayed,
    failed,
    warned: 0,
    waiting_since: since === null ? null : new Date(since).toISOString(),
    served: true,
    last_trouble: last?.failedReason ?? null,
  };
}
