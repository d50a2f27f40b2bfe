import type { Job, JobCounts, JobOptions, JobState, JobWarning } from './job.js';
import type { JobScheduler, JobTemplate, RepeatOptions } from './scheduler.js';

/**
 * The job queue as the rest of redrain sees it, in BullMQ's vocabulary.
 * Every method is one atomic transaction.
 */
export interface JobQueue {
  readonly name: string;
  /** Durable when it resolves. */
  add(name: string, data: unknown, options?: JobOptions): Promise<Job>;
  getJob(id: string): Promise<Job | undefined>;
  /** Jobs in any of these states, oldest first; `end` is inclusive, -1 is the last. */
  getJobs(states: readonly JobState[], start?: number, end?: number): Promise<Job[]>;
  getJobCounts(): Promise<JobCounts>;
  /** What went wrong in this queue, for a report. */
  troubles(): Promise<QueueTroubles>;
  /** Since when the oldest job that could run has been waiting, in epoch milliseconds. */
  waitingSince(): Promise<number | null>;
  /** Puts a failed or completed job back as if it were new. @throws JobStateError, UnknownJobError. */
  retryJob(id: string): Promise<void>;
  /** Removes a job that does not run. @throws JobStateError, UnknownJobError. */
  remove(id: string): Promise<void>;
  /** No job is started any more, in any process, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): Promise<boolean>;
  /** Deletes the queue with its jobs and schedulers. @throws JobStateError while jobs run, unless forced. */
  obliterate(options?: { readonly force?: boolean }): Promise<void>;
  /** Adds or replaces the scheduler of this id; an unchanged one keeps its next tick. */
  upsertJobScheduler(
    id: string,
    repeat: RepeatOptions,
    template: JobTemplate,
  ): Promise<JobScheduler>;
  /** False when there is none of this id. */
  removeJobScheduler(id: string): Promise<boolean>;
  getJobSchedulers(): Promise<JobScheduler[]>;
  /** Hears of every job of this queue, in every process, from now on. Returns how to stop. */
  on<E extends JobEventName>(event: E, listener: (event: JobEvent) => void): () => void;
  /** Starts taking jobs. */
  process(processor: Processor, options?: WorkerOptions): JobWorker;
}

export const JOB_EVENTS = [
  'waiting',
  'active',
  'completed',
  'failed',
  'stalled',
  'progress',
] as const;
export type JobEventName = (typeof JOB_EVENTS)[number];

export interface JobEvent {
  readonly event: JobEventName;
  readonly jobId: string;
  /** `returnvalue`, `failedReason` or `progress`, as the event has one. */
  readonly detail: unknown;
}

/** What a processor gets: the job, and its ties to the queue. */
export interface RunningJob extends Job {
  /** Aborts when the lock is lost: whatever comes out then is thrown away. */
  readonly signal: AbortSignal;
  updateProgress(progress: unknown): Promise<void>;
}

/** What a processor resolves with when the job is done, and not all of it well. */
export class WithWarning {
  constructor(
    readonly returnvalue: unknown,
    readonly warning: JobWarning,
  ) {}
}

/**
 * Resolves with the job's return value (JSON), or a `WithWarning` around it;
 * rejects to fail the attempt.
 */
export type Processor = (job: RunningJob) => Promise<unknown>;

export interface WorkerOptions {
  /** Jobs at a time; 1 when not given. */
  readonly concurrency?: number;
  /** Milliseconds after which another worker takes over from one that is gone. */
  readonly lockDuration?: number;
  /** How often a job may lose its worker before it is failed; 1 when not given. */
  readonly maxStalledCount?: number;
  /** Asked before each job: false leaves the jobs where they are. */
  takes?(): boolean;
  /** Hears of trouble that belongs to no job, and of locks that were lost. */
  onTrouble?(error: unknown): void;
  /** The trouble is over. */
  onRecovered?(): void;
  /** Hears of what was wrong in the queue, and is repaired. */
  onRepaired?(what: string): void;
}

export interface JobWorker {
  /** Resolves once no job can run now and none is running here. */
  whenIdle(): Promise<void>;
  /** What keeps this worker from its queue, and how often in a row; undefined when nothing does. */
  readonly trouble: { readonly error: unknown; readonly times: number } | undefined;
  /** Takes no more jobs and waits for those that run. */
  close(): Promise<void>;
}

/** One text that the store keeps: what a job carries, or what was said of it. */
export interface StoredText {
  readonly queue: string;
  /** Of the job, or of the scheduler whose template it is. */
  readonly id: string;
  readonly kind:
    | 'data'
    | 'progress'
    | 'returnvalue'
    | 'failedReason'
    | 'warning'
    | 'template'
    | 'event';
  /** The state of the job; empty for templates and events. */
  readonly state: string;
  /** False for a job that no worker has taken yet. */
  readonly started: boolean;
  readonly value: unknown;
}

/** Returns what is to be stored instead; the very same value leaves the text alone. */
export type TextEdit = (text: StoredText) => unknown;

/** A file, whatever its name is now. */
export interface FileKey {
  readonly dev: string;
  readonly ino: string;
}

/** Up to where a schedule has read a file, and how to tell whether it is still that file. */
export interface ReadPosition {
  readonly path: string;
  /** When this content was met first, in epoch milliseconds. */
  readonly beganAt: number;
  /** Bytes that are read and stored. */
  readonly offset: number;
  /** Lines in them. */
  readonly line: number;
  /** Of those bytes, or of a part of them. */
  readonly digest: string;
  /** The journal's last event then: a journal that has fewer now is an older one. */
  readonly journalSeq: number;
}

/** Where reading ended, for each schedule and file. Every method is one atomic transaction. */
export interface ReadPositions {
  find(schedulerId: string, file: FileKey): Promise<ReadPosition | undefined>;
  /** Durable when it resolves. */
  put(schedulerId: string, file: FileKey, position: ReadPosition): Promise<void>;
}

/** One worker process, as it said itself. */
export interface WorkerRecord {
  readonly id: string;
  readonly kind: string;
  readonly host: string;
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** When it last said that it is there. */
  readonly seenAt: number;
  /** Queues of which it takes jobs now. */
  readonly queues: readonly string[];
  /** Targets that it was started for; none is the active one. */
  readonly targets: readonly number[];
}

/** What became of the jobs of a queue, by cause, the newest first. */
export interface QueueTroubles {
  /** Finished as failed, by reason; `retryJob` or `remove` ends it. */
  readonly failed: readonly { readonly cause: string; readonly jobs: number }[];
  /** Completed, and not all was well; `message` is of one of them. */
  readonly warnings: readonly {
    readonly cause: string;
    readonly jobs: number;
    readonly message: string;
  }[];
  /** Halves of jobs that no worker has repaired yet, in one sentence. */
  readonly halves: string | undefined;
}

/** All queues of one store, over one connection. */
export interface Queues {
  queue(name: string): JobQueue;
  readonly positions: ReadPositions;
  /** A worker process says that it is there, and what it serves; again every few seconds. */
  announce(worker: Omit<WorkerRecord, 'seenAt'>): Promise<void>;
  /** It is there no more. */
  forget(workerId: string): Promise<void>;
  /**
   * Those that announced themselves, dead ones among them. One that was not seen
   * for a day is deleted when another one announces itself.
   */
  workers(): Promise<WorkerRecord[]>;
  /** Names of queues that hold anything, or that a worker has served. */
  names(): Promise<string[]>;
  /**
   * Fails when the store at its path is not the one that is open any more, or
   * when a newer redrain has changed it.
   */
  assertCurrent(): Promise<void>;
  /** True once the store at its path is not the one that is open: nothing can be written to it any more. */
  isReplaced(): boolean;
  /** Changes when another process changed anything in the store. Costs microseconds. */
  version(): Promise<string>;
  /**
   * For erasing what should never have been stored: goes through every text of
   * every job, scheduler and event, and stores what `edit` returns instead. A
   * job that runs meanwhile keeps what it was given. Returns how many changed.
   */
  editTexts(edit: TextEdit): Promise<number>;
  /** Stops everything; the caller has closed its workers. */
  close(): Promise<void>;
}

/** Epoch milliseconds. */
export interface QueueClock {
  now(): number;
}
