import type { Job as BullJob, IQueueBackend, JobJson } from 'bullmq';
import { ownOptions, toKeep, toTrace } from './job-mapping.js';
import type { QueueContext } from './queue-context.js';

/** What comes of looking for a job. */
interface Taken {
  readonly job: BullJob | undefined;
  /** When the next delayed one can run, in epoch milliseconds. */
  readonly next: number;
}

/** Takes jobs of one queue. */
export class TakenJobs {
  readonly #at: QueueContext;
  readonly #backend: IQueueBackend;

  constructor(at: QueueContext, backend: IQueueBackend) {
    this.#at = at;
    this.#backend = backend;
  }

  /** The first that can run, locked with this token. One that lost too many workers is failed on the way. */
  async take(token: string): Promise<Taken> {
    for (;;) {
      const taken = await this.#next(token);
      if (taken.job === undefined) return taken;
      const { job } = taken;
      if (job.deferredFailure === undefined) {
        await this.#freeDedup(job);
        return taken;
      }
      await this.#giveUp(job, token);
    }
  }

  /** Whatever takes its worker down every time must not take down worker after worker. */
  async failIfGivenUp(id: string): Promise<void> {
    const found = await this.#backend.getJobData(id);
    if (found?.deferredFailure === undefined) return;
    // It went to the front. Another that comes in its place is given back.
    const token = `given up ${id}`;
    const { job } = await this.#next(token);
    if (job?.deferredFailure !== undefined) await this.#giveUp(job, token);
    else if (job !== undefined) await this.#backend.moveJobFromActiveToWait(job.id ?? '', token);
  }

  async #next(token: string): Promise<Taken> {
    const [json, id, , delayed] = (await this.#backend.moveToActive(token)) as [
      JobJson | null | undefined,
      string | undefined,
      number | undefined,
      number | undefined,
    ];
    const next = delayed !== undefined && delayed > 0 ? delayed : Number.POSITIVE_INFINITY;
    if (json === null || json === undefined) return { job: undefined, next };
    return { job: this.#at.around.engine.jobOf(this.#at.queue, json, id ?? ''), next };
  }

  async #giveUp(job: BullJob, token: string): Promise<void> {
    const { removeOnFail } = ownOptions(job.opts).opts;
    const reason = job.deferredFailure ?? '';
    const fields = { failedReason: reason, stacktrace: toTrace(undefined) };
    await this.#backend.moveToFailed(job, reason, toKeep(removeOnFail), token, false, fields);
  }

  /** It may have started too early for whoever adds the next one: that one waits behind it. */
  async #freeDedup(job: BullJob): Promise<void> {
    const { deduplication } = ownOptions(job.opts).opts;
    if (deduplication?.keepLastIfActive === true)
      await this.#backend.removeDeduplicationKey(deduplication.id, job.id ?? '');
  }
}
