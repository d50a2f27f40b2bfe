import { plainMessage } from '../../files/trouble.js';
import type { JobQueue, Queues, WorkerRecord } from '../../queue/ports.js';
import type { JobsSection, QueueRow, WorkerRow } from '../../reports/jobs-section.js';
import type { UnreadableSection } from '../../reports/or-unreadable.js';
import type { App } from '../app.js';
import { readQueues } from './enqueue.js';
import { liveWorkers } from './live-workers.js';

/** Queues and workers of a home as `status` shows them. Changes nothing. */
export async function jobsSection(app: App): Promise<JobsSection | UnreadableSection> {
  try {
    return (await readQueues(app, (queues) => read(app, queues))) ?? { queues: [], workers: [] };
  } catch (error) {
    return { error: plainMessage(error) };
  }
}

async function read(app: App, queues: Queues): Promise<JobsSection> {
  const workers = await liveWorkers(queues, app.now());
  const served = new Set(workers.flatMap((worker) => worker.queues));
  const rows: QueueRow[] = [];
  for (const name of await queues.names())
    rows.push(await rowOf(queues.queue(name), served.has(name)));
  return { queues: rows, workers: workers.map(workerRow) };
}

async function rowOf(queue: JobQueue, served: boolean): Promise<QueueRow> {
  const { waiting, active, delayed, failed } = await queue.getJobCounts();
  const since = await queue.waitingSince();
  const troubles = await queue.troubles();
  return {
    queue: queue.name,
    paused: await queue.isPaused(),
    waiting,
    active,
    delayed,
    failed,
    warned: troubles.warnings.reduce((sum, { jobs }) => sum + jobs, 0),
    waiting_since: since === null ? null : new Date(since).toISOString(),
    served,
    failures: troubles.failed.map(({ cause, jobs }) => ({ cause, jobs })),
    warnings: troubles.warnings.map(({ message, jobs }) => ({ cause: message, jobs })),
    halves: troubles.halves ?? null,
  };
}

const workerRow = ({ kind, host, pid, startedAt, queues }: WorkerRecord): WorkerRow => ({
  kind,
  host,
  pid,
  started_at: new Date(startedAt).toISOString(),
  queues,
});
