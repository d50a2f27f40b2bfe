import type { JobQueue, Queues, ReadPositions, TextEdit, WorkerRecord } from '../queue/ports.js';
import type { BullmqQueues } from './bullmq-queues.js';
import { ScheduleMemory } from './schedule-memory.js';

/** Of what the queues of a home are made. */
export interface HomeQueuesParts {
  /** jobs.db of the home; undefined where there is none yet and nothing is to be written. */
  readonly local: Queues | undefined;
  readonly shared: BullmqQueues;
  /** Whether a queue stays in jobs.db. */
  readonly isLocal: (queue: string) => boolean;
  /** Where the id of the shared store is kept. */
  readonly file: string;
}

/**
 * The queues of a home whose jobs are on BullMQ. Jobs that carry input, or name
 * files of this machine, stay in its jobs.db: they are no hints that could be
 * made again. Everything else is in the shared store.
 */
export class HomeQueues implements Queues {
  readonly #parts: HomeQueuesParts;
  readonly #memory: ScheduleMemory | undefined;

  constructor(parts: HomeQueuesParts) {
    const { local, shared, file, isLocal } = parts;
    this.#parts = parts;
    this.#memory = local && new ScheduleMemory(local, shared, file, (name) => !isLocal(name));
  }

  queue(name: string): JobQueue {
    const { local, shared, isLocal } = this.#parts;
    return (isLocal(name) ? (local ?? shared) : shared).queue(name);
  }

  /** Files are of one machine, and so is where they were read up to. */
  get positions(): ReadPositions {
    const { local } = this.#parts;
    if (local === undefined) throw new Error('jobs.db is open for reading only');
    return local.positions;
  }

  /** Also sees to it that a shared store which lost everything has its schedules again. */
  async announce(worker: Omit<WorkerRecord, 'seenAt'>): Promise<void> {
    await this.#memory?.keep();
    await this.#parts.shared.announce(worker);
  }

  forget(workerId: string): Promise<void> {
    return this.#parts.shared.forget(workerId);
  }

  workers(): Promise<WorkerRecord[]> {
    return this.#parts.shared.workers();
  }

  async names(): Promise<string[]> {
    const { local, shared, isLocal } = this.#parts;
    const here = ((await local?.names()) ?? []).filter(isLocal);
    const there = (await shared.names()).filter((name) => !isLocal(name));
    return [...new Set([...here, ...there])].sort();
  }

  async assertCurrent(): Promise<void> {
    await this.#parts.local?.assertCurrent();
    await this.#parts.shared.assertCurrent();
  }

  isReplaced(): boolean {
    return this.#parts.local?.isReplaced() ?? false;
  }

  /** What another process changes in the shared store shows after a second, as if it had changed. */
  async version(): Promise<string> {
    const second = Math.floor(performance.now() / 1000);
    return `${(await this.#parts.local?.version()) ?? 'none'} ${second}`;
  }

  async editTexts(edit: TextEdit): Promise<number> {
    const here = (await this.#parts.local?.editTexts(edit)) ?? 0;
    return here + (await this.#parts.shared.editTexts(edit));
  }

  async close(): Promise<void> {
    await this.#parts.shared.close();
    await this.#parts.local?.close();
  }
}
