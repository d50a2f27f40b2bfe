import { JobStateError, UnknownJobError } from '../queue/errors.js';
import type { Job, JobCounts, JobOptions, JobState } from '../queue/job.js';
import { assertBounds } from '../queue/job-bounds.js';
import { assertOwnId } from '../queue/job-id.js';
import type {
  JobEvent,
  JobEventName,
  JobQueue,
  JobWorker,
  Processor,
  QueueTroubles,
  WorkerOptions,
} from '../queue/ports.js';
import type { JobScheduler, JobTemplate, RepeatOptions } from '../queue/scheduler.js';
import { BullmqWorker } from './bullmq-worker.js';
import type { EventListeners } from './event-listeners.js';
import { toBullOptions } from './job-mapping.js';
import { toBull } from './names.js';
import type { QueueContext } from './queue-context.js';
import { QUEUE, warningOf } from './records.js';
import { Schedules } from './schedules.js';
import { troublesOf } from './troubles.js';
import { waitingSince } from './waiting-since.js';

/** At most so many jobs of a state are read for one list. */
const MOST_LISTED = 100_000;

/** One queue of BullMQ in redrain's words. */
export class BullmqQueue implements JobQueue {
  readonly #at: QueueContext;
  readonly #listeners: EventListeners;
  readonly #schedules: Schedules;

  constructor(at: QueueContext, listeners: EventListeners) {
    this.#at = at;
    this.#listeners = listeners;
    this.#schedules = new Schedules(at, (name, data, opts, schedulerId) =>
      this.#add(name, data, opts, schedulerId),
    );
  }

  get name(): string {
    return this.#at.name;
  }

  async add(name: string, data: unknown, options: JobOptions = {}): Promise<Job> {
    assertOwnId(options);
    assertBounds(options);
    return this.#add(name, data, options);
  }

  getJob(id: string): Promise<Job | undefined> {
    return this.#at.find(id);
  }

  async getJobs(states: readonly JobState[], start = 0, end = -1): Promise<Job[]> {
    const most = end < 0 ? MOST_LISTED : end + 1;
    const { engine } = this.#at.around;
    const listed = await engine.rows.list(this.#at.bull, states, most);
    const jobs = await Promise.all(
      listed.map(async ({ id, state }) => {
        const job = await this.#at.queue.getJob(id);
        return job && this.#at.shown(job, state);
      }),
    );
    const found = jobs.filter((job) => job !== undefined);
    // Each state by itself is in order already, and stays so among equals.
    found.sort((a, b) => a.timestamp - b.timestamp);
    return found.slice(start, end < 0 ? undefined : end + 1);
  }

  getJobCounts(): Promise<JobCounts> {
    return this.#at.around.engine.rows.counts(this.#at.bull);
  }

  troubles(): Promise<QueueTroubles> {
    return troublesOf(this.#at, () => this.getJobs(['failed']));
  }

  waitingSince(): Promise<number | null> {
    return waitingSince(this.#at);
  }

  async retryJob(id: string): Promise<void> {
    const { state } = await this.#existing(id);
    if (state !== 'failed' && state !== 'completed')
      throw new JobStateError(`job ${id} is ${state}: only a finished job can be retried`);
    const { queue, bull, around } = this.#at;
    const job = await queue.getJob(toBull(id));
    if (job === undefined) throw new UnknownJobError(this.name, id);
    await around.engine.records.delete(warningOf(this.name), id);
    await around.engine.rows.forgetStalls(bull, toBull(id));
    await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  async remove(id: string): Promise<void> {
    const running = `job ${id} is running: it can be removed once it has ended`;
    const { state } = await this.#existing(id);
    if (state === 'active') throw new JobStateError(running);
    const { backend, around } = this.#at;
    if ((await backend.remove(toBull(id), false)) === 0) throw new JobStateError(running);
    await around.engine.records.delete(warningOf(this.name), id);
  }

  async pause(): Promise<void> {
    await this.#at.note();
    await this.#at.queue.pause();
  }

  resume(): Promise<void> {
    return this.#at.queue.resume();
  }

  isPaused(): Promise<boolean> {
    return this.#at.queue.isPaused();
  }

  async obliterate({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    const { active } = await this.getJobCounts();
    if (active > 0 && !force)
      throw new JobStateError(`queue ${this.name} has ${active} running jobs: pause it and wait`);
    await this.#at.queue.obliterate({ force });
    await this.#schedules.clear();
    const { records } = this.#at.around.engine;
    for (const [id] of await records.list(warningOf(this.name)))
      await records.delete(warningOf(this.name), id);
    await records.delete(QUEUE, this.name);
    this.#at.forgetNoted();
  }

  async upsertJobScheduler(
    id: string,
    repeat: RepeatOptions,
    template: JobTemplate,
  ): Promise<JobScheduler> {
    const scheduler = await this.#schedules.upsert(id, repeat, template);
    await this.#at.note();
    return scheduler;
  }

  removeJobScheduler(id: string): Promise<boolean> {
    return this.#schedules.remove(id);
  }

  getJobSchedulers(): Promise<JobScheduler[]> {
    return this.#schedules.list();
  }

  on(event: JobEventName, listener: (event: JobEvent) => void): () => void {
    return this.#listeners.listen({ queue: this.#at, event, tell: listener });
  }

  process(processor: Processor, options: WorkerOptions = {}): JobWorker {
    return new BullmqWorker(this.#at, this.#schedules, processor, options);
  }

  async #add(name: string, data: unknown, opts: JobOptions, schedulerId?: string): Promise<Job> {
    await this.#at.note();
    const options = toBullOptions({ data, opts, timestamp: this.#at.now(), schedulerId });
    const job = await this.#at.queue.add(name, data ?? null, options);
    // The one that is there may be another, and may have ended by now.
    return (await this.#at.find(job.id ?? '')) ?? this.#at.shown(job, 'completed');
  }

  async #existing(id: string): Promise<{ state: JobState }> {
    const state = await this.#at.stateOf(id);
    if (state === undefined) throw new UnknownJobError(this.name, id);
    return { state };
  }
}
