import type { Job, JobOptions, JobState, JobWarning } from './job.js';

/** A row of `job` as the statements answer it. */
export interface JobRow
  extends Omit<Job, 'data' | 'opts' | 'progress' | 'returnvalue' | 'runAt' | 'warning'> {
  readonly seq: number;
  readonly data: string;
  readonly opts: string;
  readonly state: JobState;
  readonly progress: string | null;
  readonly returnvalue: string | null;
  readonly warning: string | null;
  readonly runAt: number;
  readonly schedulerId: string | null;
}

/** The stored row as callers see it. */
export function toJob(row: JobRow): Job {
  const { seq: _seq, schedulerId, ...rest } = row;
  return {
    ...rest,
    data: parsed(row.data),
    opts: optionsIn(row.opts),
    progress: parsed(row.progress),
    returnvalue: parsed(row.returnvalue),
    warning: warningIn(row.warning),
    runAt: row.state === 'delayed' ? row.runAt : null,
    jobSchedulerId: schedulerId,
  };
}

/** JSON for a column; `undefined` is null. */
export function toJson(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/**
 * What is not JSON stands as it is under a name of its own: the rows of a file
 * that was damaged or edited must not hide the others, and a worker fails the
 * one job it cannot understand.
 */
export function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return { unreadable: text };
  }
}

function warningIn(text: string | null): JobWarning | null {
  const found = parsed(text);
  if (typeof found !== 'object' || found === null) return null;
  const { cause = 'unreadable', message = text } = found as Partial<JobWarning>;
  return { cause: String(cause), message: String(message) };
}

/** None where the text holds none. */
export function optionsIn(text: string): JobOptions {
  const opts = parsed(text);
  const isUsable = typeof opts === 'object' && opts !== null && !('unreadable' in opts);
  return isUsable ? (opts as JobOptions) : {};
}
