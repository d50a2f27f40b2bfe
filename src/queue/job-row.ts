import type { Job, JobOptions, JobState } from './job.js';

/** A row of `job` as the statements answer it. */
export interface JobRow extends Omit<Job, 'data' | 'opts' | 'progress' | 'returnvalue' | 'runAt'> {
  readonly seq: number;
  readonly data: string;
  readonly opts: string;
  readonly state: JobState;
  readonly progress: string | null;
  readonly returnvalue: string | null;
  readonly runAt: number;
  readonly schedulerId: string | null;
}

/** The stored row as callers see it. */
export function toJob(row: JobRow): Job {
  const { seq: _seq, schedulerId, ...rest } = row;
  return {
    ...rest,
    data: JSON.parse(row.data),
    opts: JSON.parse(row.opts) as JobOptions,
    progress: parsed(row.progress),
    returnvalue: parsed(row.returnvalue),
    runAt: row.state === 'delayed' ? row.runAt : null,
    jobSchedulerId: schedulerId,
  };
}

/** JSON for a column; `undefined` is null. */
export function toJson(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

export function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
