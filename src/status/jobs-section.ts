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
  /** Why jobs of it failed, or completed with a warning: the newest one. */
  readonly last_trouble: string | null;
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
