import type { JobOptions } from './job.js';

/** When a scheduler makes a job: every so many milliseconds, or by a cron pattern. */
export type RepeatOptions =
  | { readonly every: number }
  | {
      /** Five or six fields. */
      readonly pattern: string;
      /** IANA name of the time zone; UTC when not given. */
      readonly tz?: string;
    };

/** The job of every tick. */
export interface JobTemplate {
  readonly name: string;
  readonly data?: unknown;
  readonly opts?: Omit<JobOptions, 'jobId' | 'delay'>;
}

export interface JobScheduler {
  readonly id: string;
  readonly queue: string;
  readonly repeat: RepeatOptions;
  readonly template: JobTemplate;
  /** The next tick, in epoch milliseconds; null when the pattern has no further one. */
  readonly next: number | null;
  /** Ticks so far. */
  readonly iterationCount: number;
}
