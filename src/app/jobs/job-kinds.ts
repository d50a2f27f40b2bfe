import type * as v from 'valibot';
import type { JobOptions } from '../../queue/job.js';
import { ARCHIVE_DATA, CAPTURE_DATA, DISPATCH_DATA, GC_DATA, MIGRATE_DATA } from './job-data.js';
import {
  CAPTURE_OPTIONS,
  DISPATCH_OPTIONS,
  GC_OPTIONS,
  MIGRATE_OPTIONS,
  ONE_WAITING,
} from './job-defaults.js';
import { CAPTURE_QUEUE, DISPATCH_QUEUE, GC_QUEUE, MIGRATE_QUEUE } from './queue-names.js';

export const JOB_KINDS = ['capture', 'dispatch', 'migrate', 'gc', 'archive'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

interface KindOfJob<S extends v.GenericSchema> {
  readonly queue: string;
  readonly name: string;
  readonly data: S;
  readonly opts: JobOptions;
}

/** Where the jobs of each kind go, and how they are tried and kept. */
export const KINDS = {
  capture: { queue: CAPTURE_QUEUE, name: 'capture', data: CAPTURE_DATA, opts: CAPTURE_OPTIONS },
  dispatch: {
    queue: DISPATCH_QUEUE,
    name: 'drain',
    data: DISPATCH_DATA,
    opts: { ...DISPATCH_OPTIONS, deduplication: ONE_WAITING },
  },
  migrate: { queue: MIGRATE_QUEUE, name: 'migrate', data: MIGRATE_DATA, opts: MIGRATE_OPTIONS },
  gc: { queue: GC_QUEUE, name: 'gc', data: GC_DATA, opts: GC_OPTIONS },
  archive: { queue: GC_QUEUE, name: 'archive', data: ARCHIVE_DATA, opts: GC_OPTIONS },
} as const satisfies Record<JobKind, KindOfJob<v.GenericSchema>>;

/** What a job of one kind may carry. */
export type JobData<K extends JobKind> = v.InferInput<(typeof KINDS)[K]['data']>;
