import type { JobQueue, QueueClock, TextEdit, WorkerRecord } from '../queue/ports.js';
import { BullmqQueue } from './bullmq-queue.js';
import type { Engine } from './engine.js';
import { EventListeners } from './event-listeners.js';
import { type Pace, QueueContext, type Surroundings } from './queue-context.js';
import { QUEUE } from './records.js';
import { editQueueTexts } from './stored-texts.js';
import { WorkerRecords } from './worker-records.js';

export interface BullmqOptions {
  readonly clock?: QueueClock;
  /** Uniform in [0, 1): jitter of backoffs. */
  readonly random?: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly uptime?: () => number;
  readonly pace?: Pace;
}

const USUAL_PACE: Pace = { beat: 250, poll: 5_000, stalled: 5_000 };

interface Known {
  readonly at: QueueContext;
  readonly queue: BullmqQueue;
}

/**
 * Queues on BullMQ, in Redis or PostgreSQL. What BullMQ does not have (schedules
 * by redrain's rules, workers, names of queues) is kept beside them in the same
 * store. Where files were read up to is not: that belongs to one machine.
 */
export class BullmqQueues {
  readonly engine: Engine;
  readonly #around: Surroundings;
  readonly #listeners: EventListeners;
  readonly #workers: WorkerRecords;
  readonly #queues = new Map<string, Known>();

  constructor(engine: Engine, options: BullmqOptions = {}) {
    const { clock = Date, random = Math.random, uptime = () => performance.now() } = options;
    this.engine = engine;
    this.#around = { engine, clock, random, uptime, pace: options.pace ?? USUAL_PACE };
    this.#listeners = new EventListeners(this.#around);
    this.#workers = new WorkerRecords(engine.records, clock);
  }

  queue(name: string): JobQueue {
    return this.#known(name).queue;
  }

  async names(): Promise<string[]> {
    const held = (await this.engine.records.list(QUEUE)).map(([name]) => name);
    return held.sort();
  }

  async announce(worker: Omit<WorkerRecord, 'seenAt'>): Promise<void> {
    await this.#workers.announce(worker);
  }

  forget(workerId: string): Promise<void> {
    return this.#workers.forget(workerId);
  }

  workers(): Promise<WorkerRecord[]> {
    return this.#workers.list();
  }

  /** @throws QueueStoreError. */
  assertCurrent(): Promise<void> {
    return this.engine.ping();
  }

  async editTexts(edit: TextEdit): Promise<number> {
    let changed = 0;
    for (const name of await this.names())
      changed += await editQueueTexts(this.#known(name).at, edit);
    return changed;
  }

  /** The store lost what was in it: what this process said to it once is said again. */
  forgetNoted(): void {
    for (const { at } of this.#queues.values()) at.forgetNoted();
  }

  async close(): Promise<void> {
    await this.#listeners.close();
    await Promise.all([...this.#queues.values()].map(({ at }) => at.close()));
    await this.engine.close();
  }

  #known(name: string): Known {
    let known = this.#queues.get(name);
    if (known === undefined) {
      const at = new QueueContext(name, this.#around);
      known = { at, queue: new BullmqQueue(at, this.#listeners) };
      this.#queues.set(name, known);
    }
    return known;
  }
}
