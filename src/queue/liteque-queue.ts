import { EventFeed } from './event-feed.js';
import type { Job, JobCounts, JobOptions, JobState } from './job.js';
import { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
import { JobsDatabase } from './jobs-database.js';
import type { LitequeTasks } from './liteque-tasks.js';
import { LitequeWorker } from './liteque-worker.js';
import type {
  JobEvent,
  JobEventName,
  JobQueue,
  JobWorker,
  Processor,
  QueueClock,
  Queues,
  QueueTroubles,
  ReadPositions,
  TextEdit,
  WorkerOptions,
  WorkerRecord,
} from './ports.js';
import { SqliteReadPositions } from './positions.js';
import { Pulse } from './pulse.js';
import type { JobScheduler, JobTemplate, RepeatOptions } from './scheduler.js';
import { listSchedulers, removeScheduler, upsertScheduler } from './scheduler-store.js';
import { editTexts } from './stored-texts.js';
import { troublesOf } from './troubles.js';
import { WorkerRegistry } from './worker-registry.js';

export interface LitequeOptions {
  readonly clock?: QueueClock;
  /** Uniform in [0, 1): jitter of backoffs. */
  readonly random?: () => number;
  /** Milliseconds of a clock that nobody sets: pauses while there is trouble. */
  readonly uptime?: () => number;
}

interface Surroundings {
  readonly feed: EventFeed;
  readonly pulse: Pulse;
  random(): number;
  uptime(): number;
}

/** The tasks of one queue; none where the file is open for reading only. */
type TasksOf = (queue: string, clock: QueueClock) => LitequeTasks | undefined;

/** Queues on liteque's SQLite file. One connection, any number of queues. */
export class LitequeQueues implements Queues {
  readonly #db: JobsDatabase;
  readonly #clock: QueueClock;
  readonly #around: Surroundings;
  readonly #registry: WorkerRegistry;
  readonly positions: ReadPositions;
  readonly #queues = new Map<string, LitequeQueue>();
  readonly #tasksOf: TasksOf;

  private constructor(db: JobsDatabase, options: LitequeOptions, tasksOf: TasksOf) {
    this.#tasksOf = tasksOf;
    const { clock = Date, random = Math.random, uptime = () => performance.now() } = options;
    this.#db = db;
    this.#clock = clock;
    this.#registry = new WorkerRegistry(db, clock);
    this.positions = new SqliteReadPositions(db, clock);
    const feed = new EventFeed(db);
    this.#around = { feed, pulse: new Pulse(db, feed), random, uptime };
  }

  /** Creates the file (0600) when it is not there. @throws StorageUnavailableError, NewerSchemaError. */
  static async open(file: string, options: LitequeOptions = {}): Promise<LitequeQueues> {
    const { LitequeTasks } = await import('./liteque-tasks.js');
    const db = await JobsDatabase.open(file);
    return new LitequeQueues(db, options, (queue, clock) => new LitequeTasks(queue, db, clock));
  }

  /** Opens for reading, without loading liteque; returns undefined when there is no file yet. Changes nothing. */
  static openReadOnly(file: string, options: LitequeOptions = {}): LitequeQueues | undefined {
    const db = JobsDatabase.openReadOnly(file);
    return db && new LitequeQueues(db, options, () => undefined);
  }

  queue(name: string): JobQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const db = this.#db;
      const tasks = this.#tasksOf(name, this.#clock);
      queue = new LitequeQueue(new JobStore(name, db, this.#clock, tasks), this.#around);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async names(): Promise<string[]> {
    return (this.#db.statement(sql.QUEUE_NAMES).all() as { queue: string }[]).map(
      (row) => row.queue,
    );
  }

  isReplaced(): boolean {
    return this.#db.isReplaced();
  }

  async assertCurrent(): Promise<void> {
    this.#db.assertCurrent();
  }

  async version(): Promise<string> {
    return String(this.#db.dataVersion());
  }

  editTexts(edit: TextEdit): Promise<number> {
    return editTexts(this.#db, edit);
  }

  async announce(worker: Omit<WorkerRecord, 'seenAt'>): Promise<void> {
    await this.#registry.announce(worker);
    // What it serves may be more than before.
    this.#around.pulse.touch();
  }

  forget(workerId: string): Promise<void> {
    return this.#registry.forget(workerId);
  }

  async workers(): Promise<WorkerRecord[]> {
    return this.#registry.list();
  }

  async close(): Promise<void> {
    this.#around.pulse.stop();
    this.#db.close();
  }
}

/** One queue: BullMQ's words over the stores. */
class LitequeQueue implements JobQueue {
  readonly #store: JobStore;
  readonly #around: Surroundings;

  constructor(store: JobStore, around: Surroundings) {
    this.#store = store;
    this.#around = around;
  }

  get name(): string {
    return this.#store.queue;
  }

  add(name: string, data: unknown, options: JobOptions = {}): Promise<Job> {
    return this.#told(this.#store.add({ name, data, opts: options }));
  }

  async getJob(id: string): Promise<Job | undefined> {
    return this.#store.find(id);
  }

  async getJobs(states: readonly JobState[], start = 0, end = -1): Promise<Job[]> {
    return this.#store.list(states, start, end);
  }

  async getJobCounts(): Promise<JobCounts> {
    return this.#store.counts();
  }

  async troubles(): Promise<QueueTroubles> {
    return troublesOf(this.#store);
  }

  async waitingSince(): Promise<number | null> {
    return this.#store.waitingSince();
  }

  retryJob(id: string): Promise<void> {
    return this.#told(this.#store.retry(id));
  }

  remove(id: string): Promise<void> {
    return this.#told(this.#store.remove(id));
  }

  pause(): Promise<void> {
    return this.#told(this.#store.setPaused(true));
  }

  resume(): Promise<void> {
    return this.#told(this.#store.setPaused(false));
  }

  async isPaused(): Promise<boolean> {
    return this.#store.isPaused();
  }

  obliterate({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#told(this.#store.obliterate(force));
  }

  upsertJobScheduler(
    id: string,
    repeat: RepeatOptions,
    template: JobTemplate,
  ): Promise<JobScheduler> {
    return this.#told(upsertScheduler(this.#store, id, repeat, template));
  }

  removeJobScheduler(id: string): Promise<boolean> {
    return this.#told(removeScheduler(this.#store, id));
  }

  async getJobSchedulers(): Promise<JobScheduler[]> {
    return listSchedulers(this.#store);
  }

  on(event: JobEventName, listener: (event: JobEvent) => void): () => void {
    const { feed, pulse } = this.#around;
    const stop = feed.listen({ queue: this.name, event, tell: listener });
    pulse.start();
    return () => {
      stop();
      pulse.stopIfAlone();
    };
  }

  process(processor: Processor, options: WorkerOptions = {}): JobWorker {
    return new LitequeWorker(this.#store, this.#around, processor, options);
  }

  /** Wakes whoever waits in this process: it does not see its own writes otherwise. */
  async #told<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    this.#around.pulse.touch();
    return result;
  }
}
