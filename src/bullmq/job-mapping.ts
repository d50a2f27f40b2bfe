import type { Job as BullJob, JobsOptions, KeepJobs as TheirKeepJobs } from 'bullmq';
import type { Job, JobOptions, JobState, JobWarning, KeepJobs } from '../queue/job.js';
import { parsed, toJson } from '../queue/job-row.js';
import { WithWarning } from '../queue/ports.js';
import { fromBull, toBull } from './names.js';

/** The greatest priority that BullMQ takes; jobs of a greater one go after all others, too. */
const LAST_PRIORITY = 2 ** 21 - 1;

/** What redrain keeps in the options of a job, as one text: BullMQ fills its own options up with defaults. */
interface OwnOptions {
  readonly opts: JobOptions;
  readonly schedulerId?: string;
  /** The data is null, which BullMQ keeps as an empty object in PostgreSQL. */
  readonly isNull?: true;
}

interface NewJob {
  readonly data: unknown;
  readonly opts: JobOptions;
  readonly timestamp: number;
  readonly schedulerId?: string | undefined;
}

/** The options with which BullMQ adds a job. Attempts and their pauses are decided here, and not by BullMQ. */
export function toBullOptions({ data, opts, timestamp, schedulerId }: NewJob): JobsOptions {
  const { jobId, delay, priority, attempts = 1, deduplication } = opts;
  const own: OwnOptions = {
    opts,
    ...(schedulerId === undefined ? {} : { schedulerId }),
    ...(data === null || data === undefined ? { isNull: true } : {}),
  };
  const theirs = {
    timestamp,
    attempts,
    ...(jobId === undefined ? {} : { jobId: toBull(jobId) }),
    ...(delay === undefined ? {} : { delay: Math.ceil(delay) }),
    ...(priority === undefined ? {} : { priority: Math.min(priority, LAST_PRIORITY) }),
    ...(deduplication === undefined ? {} : { deduplication: dedupOf(deduplication) }),
    redrain: toJson(own),
  };
  return theirs;
}

/** The id of one that lets another wait behind it is freed when it is taken (`bullmq-worker.ts`). */
function dedupOf({ id, ttl }: NonNullable<JobOptions['deduplication']>) {
  return ttl === undefined ? { id } : { id, ttl };
}

/** What redrain wrote into the options; of a job that another program added there is nothing. */
export function ownOptions(opts: object): OwnOptions {
  const { redrain } = opts as { redrain?: unknown };
  const own = typeof redrain === 'string' ? parsed(redrain) : undefined;
  const isOurs = typeof own === 'object' && own !== null && 'opts' in own;
  return isOurs ? (own as OwnOptions) : { opts: {} };
}

/** A job as redrain sees it. `runAt` is asked for apart. */
export function toJob(
  queue: string,
  job: BullJob,
  state: JobState,
  runAt: number | null = null,
): Job {
  const own = ownOptions(job.opts);
  const { returnvalue, warning } = unwrapped(job.returnvalue);
  const failed = state === 'failed' ? leftBy(job.stacktrace) : undefined;
  return {
    id: fromBull(job.id ?? ''),
    queue,
    name: job.name,
    data: own.isNull === true ? null : job.data,
    opts: own.opts,
    state,
    priority: own.opts.priority ?? job.priority ?? 0,
    attemptsMade: job.attemptsMade,
    stalledCounter: job.stalledCounter,
    // BullMQ has 0 for none.
    progress: job.progress === 0 ? null : job.progress,
    returnvalue: failed ?? returnvalue,
    failedReason: job.failedReason ?? null,
    warning,
    timestamp: job.timestamp,
    runAt: state === 'delayed' ? runAt : null,
    processedOn: job.processedOn ?? null,
    finishedOn: job.finishedOn ?? null,
    jobSchedulerId: own.schedulerId ?? job.repeatJobKey ?? null,
  };
}

/** What is stored as the return value: with its warning, where there is one. */
export function toReturn(result: unknown): unknown {
  if (!(result instanceof WithWarning)) return result ?? null;
  return { [WRAPPED]: result.returnvalue ?? null, warning: result.warning };
}

const WRAPPED = 'redrain:returned';

/** The same back. */
export function unwrapped(stored: unknown): { returnvalue: unknown; warning: JobWarning | null } {
  if (typeof stored !== 'object' || stored === null || !(WRAPPED in stored))
    return { returnvalue: stored ?? null, warning: null };
  const { [WRAPPED]: returnvalue, warning } = stored as Record<string, unknown>;
  return { returnvalue, warning: (warning as JobWarning | undefined) ?? null };
}

/** What an attempt that failed for good leaves to look at: BullMQ keeps no return value of it in PostgreSQL. */
export const toTrace = (result: unknown): string =>
  JSON.stringify(result === undefined ? [] : [toJson(result)]);

function leftBy(stacktrace: readonly string[] | null): unknown {
  const [text] = stacktrace ?? [];
  return text === undefined ? undefined : parsed(text);
}

/** Which of a finished job's kind stay: all, where nothing is said. */
export function toKeep(keep: KeepJobs | undefined): boolean | number | TheirKeepJobs {
  if (typeof keep !== 'object') return keep ?? false;
  const { age, count } = keep;
  if (age === undefined) return count === undefined ? false : { count };
  return count === undefined ? { age } : { age, count };
}

/** BullMQ's states in redrain's words. */
export function toState(state: string): JobState | undefined {
  if (state === 'wait' || state === 'paused' || state === 'prioritized') return 'waiting';
  if (state === 'waiting-children') return 'delayed';
  return state === 'unknown' ? undefined : (state as JobState);
}
