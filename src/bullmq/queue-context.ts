import type { Job as BullJob, IQueueBackend, Queue } from 'bullmq';
import type { Job, JobState } from '../queue/job.js';
import type { QueueClock } from '../queue/ports.js';
import type { Engine } from './engine.js';
import { toJob, toState } from './job-mapping.js';
import { toBull } from './names.js';
import { noteQueue } from './records.js';

/** What the queues of one store have in common. */
export interface Surroundings {
  readonly engine: Engine;
  readonly clock: QueueClock;
  /** Uniform in [0, 1): jitter of backoffs. */
  random(): number;
  /** Milliseconds of a clock that nobody sets. */
  uptime(): number;
  readonly pace: Pace;
}

/** How often a worker looks, in milliseconds of the clock that nobody sets. */
export interface Pace {
  /** Whether a time has come. */
  readonly beat: number;
  /** For what nobody told it of. */
  readonly poll: number;
  /** For jobs whose worker is gone. */
  readonly stalled: number;
}

/** One queue as its parts share it. */
export class QueueContext {
  readonly name: string;
  readonly around: Surroundings;
  /** As BullMQ knows it. */
  readonly bull: string;
  #queue: Queue | undefined;
  #isNoted = false;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.around = around;
    this.bull = toBull(name);
  }

  /** Made when it is first needed. */
  get queue(): Queue {
    this.#queue ??= this.around.engine.queue(this.bull);
    return this.#queue;
  }

  get backend(): IQueueBackend {
    return this.queue.getBackend();
  }

  now(): number {
    return this.around.clock.now();
  }

  /** The queue is named among the others from now on. */
  async note(): Promise<void> {
    if (this.#isNoted) return;
    await noteQueue(this.around.engine.records, this.name);
    this.#isNoted = true;
  }

  /** To be noted again: it was deleted, or the store lost everything. */
  forgetNoted(): void {
    this.#isNoted = false;
  }

  async find(id: string): Promise<Job | undefined> {
    const known = toBull(id);
    const [job, state] = await Promise.all([
      this.queue.getJob(known) as Promise<BullJob | undefined>,
      this.stateOf(id),
    ]);
    return job === undefined || state === undefined ? undefined : this.shown(job, state);
  }

  /** Undefined when there is no such job. */
  async stateOf(id: string): Promise<JobState | undefined> {
    return toState(await this.backend.getState(toBull(id)));
  }

  async shown(job: BullJob, state: JobState): Promise<Job> {
    const isDelayed = state === 'delayed';
    const { rows } = this.around.engine;
    return toJob(
      this.name,
      job,
      state,
      isDelayed ? await rows.runAt(this.bull, job.id ?? '') : null,
    );
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }
}
