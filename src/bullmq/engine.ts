import type { IQueueBackend, Job, JobJson, Queue, QueueEvents } from 'bullmq';
import type { JobCounts, JobState } from '../queue/job.js';

/** How a worker takes jobs of one queue. */
export interface TakingOptions {
  /** Milliseconds after which another worker takes over from one that is gone. */
  readonly lockDuration: number;
  /** How often a job may lose its worker before it is failed. */
  readonly maxStalledCount: number;
}

/**
 * One of BullMQ's stores, and what redrain keeps beside the jobs. Names of
 * queues and ids of jobs are those that BullMQ has (`names.ts`).
 */
export interface Engine {
  /** For adding, looking and tidying. */
  queue(name: string): Queue;
  /** For taking jobs: with a connection of its own to wait on. The caller closes it. */
  taking(name: string, options: TakingOptions): IQueueBackend;
  /** The events of a queue after this one. The caller closes it. */
  events(name: string, after: string): QueueEvents;
  /** The job that a backend returned. */
  jobOf(queue: Queue, json: JobJson, id: string): Job;
  readonly records: Records;
  readonly rows: JobRows;
  /** What the driver said of a connection, in redrain's words; any other error as it is. */
  inWords(error: unknown): unknown;
  /** @throws QueueStoreError when the store does not answer. */
  ping(): Promise<void>;
  /** How the store is set up, as far as it says: one line each, and whether it is wrong. */
  notes(): Promise<StoreNote[]>;
  close(): Promise<void>;
}

/** One thing to know of a store. */
export interface StoreNote {
  readonly message: string;
  /** What ends it; undefined where nothing is wrong. */
  readonly advice?: string;
}

/** Small facts of redrain beside the jobs: each has a kind and a key, and is replaced as a whole. */
export interface Records {
  find(kind: string, key: string): Promise<string | undefined>;
  /** Keys with their values, in the order of the keys. */
  list(kind: string): Promise<[key: string, value: string][]>;
  put(kind: string, key: string, value: string): Promise<void>;
  /** Stores `value` where `expected` stands, or nothing does when it is undefined; false when it does not. */
  replace(kind: string, key: string, expected: string | undefined, value: string): Promise<boolean>;
  /** False when there was none. */
  delete(kind: string, key: string): Promise<boolean>;
}

/** The texts of a job as they are stored: JSON, but for the reason. */
export interface JobTexts {
  readonly data: string | null;
  readonly progress: string | null;
  readonly returnvalue: string | null;
  readonly failedReason: string | null;
  /** A list with the JSON of what a failed attempt left to look at. */
  readonly stacktrace: string | null;
  /** True once a worker has taken it. */
  readonly started: boolean;
}

export type JobField = Exclude<keyof JobTexts, 'started'>;

/** What BullMQ stores and has no word for. */
export interface JobRows {
  /** When a delayed job can run, in epoch milliseconds; null where none of this id is delayed. */
  runAt(queue: string, id: string): Promise<number | null>;
  /** A job that is tried again has not lost any worker yet. */
  forgetStalls(queue: string, id: string): Promise<void>;
  /**
   * Waits and locks that a clock wrote which has been set back since begin
   * again, as long as they were.
   */
  restartWaits(queue: string, now: number): Promise<void>;
  /** The server's clock, in epoch milliseconds: events carry its times. */
  time(): Promise<number>;
  /** The last event from before this time of the server. */
  eventBefore(queue: string, time: number): Promise<string>;
  /** How many jobs are in each state; in a paused queue they wait, too. */
  counts(queue: string): Promise<JobCounts>;
  /** Jobs in these states, those of each state oldest first; at most `most` of a state. */
  list(queue: string, states: readonly JobState[], most: number): Promise<ListedJob[]>;
  read(queue: string, id: string): Promise<JobTexts | undefined>;
  write(queue: string, id: string, field: JobField, text: string): Promise<void>;
  /** Events that say more than their kind. */
  details(queue: string): Promise<EventDetail[]>;
  forgetEvent(queue: string, id: string): Promise<void>;
}

/** A job and where it is, in redrain's words. */
export interface ListedJob {
  readonly id: string;
  readonly state: JobState;
}

export interface EventDetail {
  readonly id: string;
  readonly jobId: string;
  /** What the event carries: a text, or JSON as text. */
  readonly text: string;
}
