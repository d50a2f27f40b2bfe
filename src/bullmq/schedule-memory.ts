import { randomUUID } from 'node:crypto';
import { replaceFile } from '../files/durable-file.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../files/plain-file.js';
import { toJson } from '../queue/job-row.js';
import type { JobQueue, Queues } from '../queue/ports.js';
import type { BullmqQueues } from './bullmq-queues.js';
import { STORE } from './records.js';

/**
 * Schedules and pauses are an operator's word, and not hints: what the shared
 * store has of them is copied to jobs.db, and put back into a store that lost
 * it. The store has an id that is gone with everything else, so that a schedule
 * which was removed is told from one which was lost.
 */
export class ScheduleMemory {
  readonly #local: Queues;
  readonly #shared: BullmqQueues;
  readonly #file: string;
  readonly #isShared: (queue: string) => boolean;

  /** `file`: where the id of the store is kept. `isShared`: whether a queue is in the shared store. */
  constructor(
    local: Queues,
    shared: BullmqQueues,
    file: string,
    isShared: (queue: string) => boolean,
  ) {
    this.#local = local;
    this.#shared = shared;
    this.#file = file;
    this.#isShared = isShared;
  }

  /** Puts back what the store has lost, and notes what it has. True when it was another store than the last time. */
  async keep(): Promise<boolean> {
    const { records } = this.#shared.engine;
    const isOther = (await this.#idOfStore()) !== this.#known();
    if (isOther) {
      this.#shared.forgetNoted();
      for (const name of await this.#names()) await this.#putBack(name);
      // Last: whoever is cut off before puts it all back again.
      replaceFile(this.#file, `${(await records.find(STORE, 'id')) ?? ''}\n`);
    } else for (const name of await this.#names()) await this.#note(name);
    return isOther;
  }

  async #names(): Promise<string[]> {
    const names = new Set([...(await this.#local.names()), ...(await this.#shared.names())]);
    return [...names].filter(this.#isShared);
  }

  async #putBack(name: string): Promise<void> {
    const [local, shared] = [this.#local.queue(name), this.#shared.queue(name)];
    const there = new Set((await shared.getJobSchedulers()).map(({ id }) => id));
    for (const { id, repeat, template } of await local.getJobSchedulers())
      if (!there.has(id)) await shared.upsertJobScheduler(id, repeat, template);
    if (await local.isPaused()) await shared.pause();
  }

  async #note(name: string): Promise<void> {
    const [local, shared] = [this.#local.queue(name), this.#shared.queue(name)];
    const known = await local.getJobSchedulers();
    const there = await shared.getJobSchedulers();
    for (const { id, repeat, template } of there) {
      const before = known.find((one) => one.id === id);
      const isSame = toJson([before?.repeat, before?.template]) === toJson([repeat, template]);
      if (!isSame) await local.upsertJobScheduler(id, repeat, template);
    }
    for (const { id } of known)
      if (!there.some((one) => one.id === id)) await local.removeJobScheduler(id);
    await notePause(local, shared);
  }

  /** An empty store gets one. */
  async #idOfStore(): Promise<string> {
    const { records } = this.#shared.engine;
    const found = await records.find(STORE, 'id');
    if (found !== undefined) return found;
    await records.replace(STORE, 'id', undefined, randomUUID());
    return (await records.find(STORE, 'id')) ?? '';
  }

  #known(): string | undefined {
    try {
      return readPlainFile(this.#file, MAX_TEXT_BYTES).toString('latin1').trim();
    } catch {
      // None is kept yet, or it cannot be read: then everything is put back once more.
      return undefined;
    }
  }
}

async function notePause(local: JobQueue, shared: JobQueue): Promise<void> {
  const isPaused = await shared.isPaused();
  if (isPaused === (await local.isPaused())) return;
  await (isPaused ? local.pause() : local.resume());
}
