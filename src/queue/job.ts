/** Where a job is, in BullMQ's words. */
export const JOB_STATES = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** The pause before another attempt. A bare number is a fixed pause in milliseconds. */
export interface Backoff {
  readonly type: 'fixed' | 'exponential';
  /** Milliseconds. */
  readonly delay: number;
  /** 0 to 1: the part of the pause that is random; 1 is full jitter. */
  readonly jitter?: number;
}

/**
 * What stays of finished jobs: all (`false`), none (`true`), the newest so
 * many (a number), or by age in seconds and count.
 */
export type KeepJobs = boolean | number | { readonly age?: number; readonly count?: number };

/** At most one job of one deduplication id; `add` answers the one that is there already. */
export interface Deduplication {
  readonly id: string;
  /** Milliseconds for which the id stays taken, whatever becomes of the job. */
  readonly ttl?: number;
  /** Once the job runs, one more may wait behind it: it may have started too early. */
  readonly keepLastIfActive?: boolean;
}

export interface JobOptions {
  /** The job's own id; adding an id that is there already answers that job and adds none. */
  readonly jobId?: string;
  /** Milliseconds before it can run. */
  readonly delay?: number;
  /** The lowest number goes first; 0, the default, before all. */
  readonly priority?: number;
  /** How often it is tried; 1 when not given. */
  readonly attempts?: number;
  readonly backoff?: number | Backoff;
  readonly deduplication?: Deduplication;
  readonly removeOnComplete?: KeepJobs;
  readonly removeOnFail?: KeepJobs;
}

/** A job is done, and not all that it carried could be used. */
export interface JobWarning {
  /** One word for all of its kind, for counting: `conflicts`, `rejected`, a blocked reason. */
  readonly cause: string;
  /** One sentence. */
  readonly message: string;
}

/** One job as it is stored. Times in epoch milliseconds. */
export interface Job {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobOptions;
  readonly state: JobState;
  readonly priority: number;
  /** Attempts that came to an end, well or not. */
  readonly attemptsMade: number;
  /** How often its worker vanished. */
  readonly stalledCounter: number;
  readonly progress: unknown;
  readonly returnvalue: unknown;
  readonly failedReason: string | null;
  /** Of a completed job whose work was not all well. */
  readonly warning: JobWarning | null;
  readonly timestamp: number;
  /** When a delayed job can run. */
  readonly runAt: number | null;
  readonly processedOn: number | null;
  readonly finishedOn: number | null;
  /** The scheduler whose tick made it. */
  readonly jobSchedulerId: string | null;
}

export type JobCounts = Readonly<Record<JobState, number>>;
