import type { JobCounts } from '../../queue/job.js';
import type { Queues, QueueTroubles, WorkerRecord } from '../../queue/ports.js';
import type { App } from '../app.js';
import { readQueues } from './enqueue.js';
import { isLive } from './live-workers.js';

/** One queue as a report needs it. */
export interface QueueReport extends QueueTroubles {
  readonly queue: string;
  readonly counts: JobCounts;
  readonly isPaused: boolean;
  /** Epoch milliseconds; null when nothing waits. */
  readonly waitingSince: number | null;
  /** Live workers that take jobs of it now. */
  readonly liveWorkers: number;
}

/** The workers of a home, and its queues with what went wrong in them. */
export interface JobsReport {
  readonly workers: readonly (WorkerRecord & { readonly isLive: boolean })[];
  readonly queues: readonly QueueReport[];
}

/** Undefined when this home has no queues yet. Changes nothing. */
export function readJobsReport(app: App): Promise<JobsReport | undefined> {
  return readQueues(app, (queues) => jobsReportOf(queues, app.now()));
}

/** The same over queues that are open. */
export async function jobsReportOf(queues: Queues, now: number): Promise<JobsReport> {
  const workers = (await queues.workers()).map((one) => ({ ...one, isLive: isLive(one, now) }));
  const reports: QueueReport[] = [];
  for (const name of await queues.names()) {
    const liveWorkers = workers.filter((one) => one.isLive && one.queues.includes(name)).length;
    reports.push({ ...(await queueReport(queues, name)), liveWorkers });
  }
  return { workers, queues: reports };
}

async function queueReport(
  queues: Queues,
  name: string,
): Promise<Omit<QueueReport, 'liveWorkers'>> {
  const queue = queues.queue(name);
  return {
    queue: name,
    counts: await queue.getJobCounts(),
    isPaused: await queue.isPaused(),
    waitingSince: await queue.waitingSince(),
    ...(await queue.troubles()),
  };
}

/** Queues with jobs that could run now and that no live worker takes. */
export function unservedQueues({ queues }: JobsReport): readonly QueueReport[] {
  return queues.filter(
    ({ counts, isPaused, liveWorkers }) => counts.waiting > 0 && !isPaused && liveWorkers === 0,
  );
}
