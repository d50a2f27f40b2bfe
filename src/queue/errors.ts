import { RedrainError } from '../base/error.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';

/** In place of the name of a queue: any of them. */
export const EVERY_QUEUE = '*';

/** No job has this id in this queue. */
export class UnknownJobError extends RedrainError {
  override readonly name = 'UnknownJobError';
  readonly code = 'JOB_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly queue: string,
    readonly jobId: string,
  ) {
    const where = queue === EVERY_QUEUE ? 'no queue has a job' : `queue ${queue} has no job`;
    super(`${where} ${jobId}`, { advice: '`redrain jobs list` lists all jobs' });
  }
}

/** A job, or a queue, is in no state for what was asked. */
export class JobStateError extends RedrainError {
  override readonly name = 'JobStateError';
  readonly code = 'JOB_STATE';
  override readonly exitCode = EXIT.usage;
}

/** The repeat options of a scheduler cannot be used. */
export class ScheduleError extends RedrainError {
  override readonly name = 'ScheduleError';
  readonly code = 'SCHEDULE_INVALID';
  override readonly exitCode = EXIT.usage;
}

/** Thrown by a processor: put the job back until then; the attempt does not count. */
export class DelayedError extends Error {
  override readonly name = 'DelayedError';
  constructor(
    /** Epoch milliseconds. */
    readonly until: number,
    reason: string,
  ) {
    super(reason);
  }
}

/** Thrown by a processor: the attempt failed, and the next is due then, whatever the backoff says. */
export class RetryAtError extends Error {
  override readonly name = 'RetryAtError';
  constructor(
    /** Epoch milliseconds. */
    readonly at: number,
    reason: string,
  ) {
    super(reason);
  }
}

/** Thrown by a processor: no further attempt can help. */
export class UnrecoverableError extends RedrainError {
  override readonly name = 'UnrecoverableError';
  readonly code = 'JOB_UNRECOVERABLE';
  override readonly exitCode: ExitCode = EXIT.badInput;
  constructor(
    reason: string,
    /** Stored with the failed job, as a return value would be. */
    readonly result?: unknown,
  ) {
    super(reason);
  }
}

/** The abort reason of a job whose lock went to somebody else. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
  constructor(readonly jobId: string) {
    super(`job ${jobId} outlived its lock: its result counts for nothing`);
  }
}
