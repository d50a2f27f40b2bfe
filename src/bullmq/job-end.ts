import type { Job as BullJob, IQueueBackend } from 'bullmq';
import { plainMessage } from '../files/trouble.js';
import { DelayedError, RetryAtError, UnrecoverableError } from '../queue/errors.js';
import { LONGEST_WAIT_MS } from '../queue/job-bounds.js';
import { toJson } from '../queue/job-row.js';
import { backoffDelay } from '../queue/pauses.js';
import { WithWarning } from '../queue/ports.js';
import { ownOptions, toKeep, toReturn, toTrace } from './job-mapping.js';
import { fromBull } from './names.js';
import type { QueueContext } from './queue-context.js';
import { warningOf } from './records.js';
import type { WarnedJob } from './troubles.js';

/** A job, and the proof of being the one who runs it. */
export interface Held {
  readonly job: BullJob;
  readonly token: string;
}

/** When a failed attempt is followed by another, and whether it counts. */
interface Again {
  readonly at: number;
  readonly counts: boolean;
}

/**
 * How attempts end. Everything is guarded by the lock: false means that somebody
 * else has the job now, and nothing was changed.
 */
export class JobEnd {
  readonly #at: QueueContext;
  readonly #backend: IQueueBackend;

  constructor(at: QueueContext, backend: IQueueBackend) {
    this.#at = at;
    this.#backend = backend;
  }

  async complete({ job, token }: Held, result: unknown): Promise<boolean> {
    const keep = toKeep(ownOptions(job.opts).opts.removeOnComplete);
    const isHeld = await unlessLost(
      this.#backend.moveToCompleted(job, toReturn(result), keep, token, false),
    );
    if (isHeld && result instanceof WithWarning) await this.#warn(job, result);
    return isHeld;
  }

  fail({ job, token }: Held, error: unknown): Promise<boolean> {
    const reason = plainMessage(error);
    const again = this.#again(job, error);
    if (again !== undefined) return this.#putBack({ job, token }, reason, again);
    const result = error instanceof UnrecoverableError ? error.result : undefined;
    const fields = { failedReason: reason, stacktrace: toTrace(result) };
    const keep = toKeep(ownOptions(job.opts).opts.removeOnFail);
    return unlessLost(this.#backend.moveToFailed(job, reason, keep, token, false, fields));
  }

  /** Of a job that is gone there is nothing to say. */
  async progress(job: BullJob, progress: unknown): Promise<void> {
    await unlessLost(this.#backend.updateProgress(job.id ?? '', progress as object));
  }

  #again(job: BullJob, error: unknown): Again | undefined {
    if (error instanceof DelayedError) return { at: error.until, counts: false };
    const { attempts = 1, backoff } = ownOptions(job.opts).opts;
    const made = job.attemptsMade + 1;
    if (error instanceof UnrecoverableError || made >= attempts) return undefined;
    if (error instanceof RetryAtError) return { at: error.at, counts: true };
    const pause = backoffDelay(backoff, made, this.#at.around.random);
    return { at: this.#at.now() + pause, counts: true };
  }

  #putBack({ job, token }: Held, failedReason: string, { at, counts }: Again): Promise<boolean> {
    const now = this.#at.now();
    const delay = Math.min(Math.max(0, Math.ceil(at - now)), LONGEST_WAIT_MS);
    const fieldsToUpdate = { failedReason };
    const id = job.id ?? '';
    if (delay === 0 && counts)
      return unlessLost(this.#backend.retryJob(id, false, token, { fieldsToUpdate }));
    const options = { skipAttempt: !counts, fieldsToUpdate };
    return unlessLost(this.#backend.moveToDelayed(id, now, delay, token, options));
  }

  async #warn(job: BullJob, { warning }: WithWarning): Promise<void> {
    const warned: WarnedJob = { ...warning, at: this.#at.now() };
    const { records } = this.#at.around.engine;
    await records.put(warningOf(this.#at.name), fromBull(job.id ?? ''), toJson(warned));
  }
}

/** BullMQ numbers what is wrong with a job below 0: it is gone, or its lock is. */
async function unlessLost(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (typeof code === 'number' && code < 0) return false;
    throw error;
  }
}
