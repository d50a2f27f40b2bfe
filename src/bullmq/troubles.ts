import type { Job, JobWarning } from '../queue/job.js';
import { parsed } from '../queue/job-row.js';
import type { QueueTroubles } from '../queue/ports.js';
import type { QueueContext } from './queue-context.js';
import { warningOf } from './records.js';

/** Causes that a report names; there are rarely more. */
const MOST_CAUSES = 10;
/** The text is what causes are told apart by. */
const CAUSE_LENGTH = 200;

/** A job that was not all well, as it is kept beside the queue. */
export interface WarnedJob extends JobWarning {
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Costs as much as there are failed jobs and jobs with a warning. Halves of jobs
 * there are none: every step of BullMQ is one script, or one transaction.
 */
export async function troublesOf(
  at: QueueContext,
  failedJobs: () => Promise<Job[]>,
): Promise<QueueTroubles> {
  const failed = (await failedJobs()).map(({ failedReason, finishedOn }) => ({
    cause: (failedReason ?? '').slice(0, CAUSE_LENGTH),
    message: '',
    at: finishedOn ?? 0,
  }));
  const warned = await warnedJobs(at);
  return {
    failed: byCause(failed).map(({ cause, jobs }) => ({ cause, jobs })),
    warnings: byCause(warned),
    halves: undefined,
  };
}

/** What is kept of jobs that are gone by now goes, too. */
async function warnedJobs(at: QueueContext): Promise<WarnedJob[]> {
  const { records } = at.around.engine;
  const found: WarnedJob[] = [];
  for (const [id, text] of await records.list(warningOf(at.name)))
    if ((await at.stateOf(id)) === 'completed') found.push(parsed(text) as WarnedJob);
    else await records.delete(warningOf(at.name), id);
  return found;
}

function byCause(all: readonly WarnedJob[]) {
  const causes = new Map<string, { cause: string; jobs: number; message: string }>();
  for (const { cause, message } of all.toSorted((a, b) => b.at - a.at)) {
    const known = causes.get(cause);
    causes.set(cause, known ? { ...known, jobs: known.jobs + 1 } : { cause, jobs: 1, message });
  }
  return [...causes.values()].slice(0, MOST_CAUSES);
}
