import { plainMessage } from '../../files/trouble.js';
import type { ScopeParts } from '../scope.js';
import type { ImportOrder, SourceRecord } from './import-store.js';
import { noRows, type SourceReport } from './migration-report.js';
import { BusyQueueError } from './queue-copy.js';
import type { QueueFile } from './queue-files.js';
import type { SourceTally } from './source-tally.js';

const NOTHING = {
  ...noRows(),
  attribution: null,
  body_upload_queue_count: null,
  body_upload_failure_log_count: null,
  flags: [],
  warnings: [],
  damage: null,
  error: null,
} as const;

const nameOf = ({ path, kind, digest }: QueueFile) => ({ path, kind, digest });

/** Nothing was written to the file since its import: it was not opened. */
export function unchangedSource(file: QueueFile, record: SourceRecord): SourceReport {
  return {
    ...NOTHING,
    ...nameOf(file),
    status: 'unchanged',
    already_there: record.events,
    attribution:
      record.attribution === null ? null : (JSON.parse(record.attribution) as ScopeParts),
    body_upload_queue_count: record.bodyUploads,
    body_upload_failure_log_count: record.failureLog,
    damage: record.damage,
  };
}

/** As much of the file as can be read is in the journal. */
export function importedSource(
  { file, owner }: ImportOrder,
  tally: SourceTally | undefined,
  found: { damage: string | null; bodyUploads?: number | null; failureLog?: number | null },
): SourceReport {
  return {
    ...NOTHING,
    ...nameOf(file),
    ...tally?.counts,
    status: 'imported',
    attribution: owner,
    body_upload_queue_count: found.bodyUploads ?? null,
    body_upload_failure_log_count: found.failureLog ?? null,
    flags: tally?.flags ?? [],
    warnings: tally?.warnings ?? [],
    damage: found.damage,
  };
}

/** Nothing was taken from the file; the next run tries again. */
export function failedSource(file: QueueFile, error: unknown): SourceReport {
  const status = error instanceof BusyQueueError ? 'busy' : 'unreadable';
  return { ...NOTHING, ...nameOf(file), status, error: plainMessage(error) };
}
