/** One queue of jobs.db: what waits in it, what failed, and whether anybody serves it. */
export interface QueueRow {
  readonly queue: string;
  readonly paused: boolean;
  /** Jobs that could run now. */
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Completed, and something was wrong with what they carried. */
  readonly warned: number;
  /** ISO 8601: since when the oldest job that could run has been waiting. */
  readonly waiting_since: string | null;
  /** Whether a living worker takes jobs of it. */
  readonly served: boolean;
  /** Why jobs of it failed, the newest cause first. */
  readonly failures: readonly JobCause[];
  /** What was wrong with jobs that completed, the newest cause first. */
  readonly warnings: readonly JobCause[];
  /** Jobs of which only a half is stored, in one sentence; a worker repairs them. */
  readonly halves: string | null;
}

export interface JobCause {
  readonly cause: string;
  readonly jobs: number;
}

/** A worker process that said a moment ago that it is there. */
export interface WorkerRow {
  readonly kind: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly started_at: string;
  readonly queues: readonly string[];
}

export interface JobsSection {
  readonly queues: readonly QueueRow[];
  readonly workers: readonly WorkerRow[];
}
