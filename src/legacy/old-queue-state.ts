import type { HomePaths } from '../config/home.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import { fingerprintOf } from './fingerprint.js';
import { findSource, nextVersion, type SourceRecord } from './import-records.js';
import { withQueueCopy } from './queue-copy.js';
import { QueueDatabase } from './queue-database.js';
import { findQueueFiles, type QueueFile } from './queue-files.js';
import { identityOfRow } from './row-identity.js';
import { withScratch } from './scratch.js';

/** One old queue file as `status` sees it. A number that could not be counted is null. */
export interface OldQueueFile {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'scoped' | 'legacy';
  readonly digest: string | null;
  readonly event_count: number | null;
  /** Rows whose events are not in the journal yet. */
  readonly waiting_count: number | null;
  readonly body_upload_count: number | null;
  readonly failure_log_count: number | null;
  /** True when everything that can be read from it is in the journal. */
  readonly imported: boolean;
  /** What is wrong with a file that was imported as far as it can be read. */
  readonly damage?: string;
  /** Why it could not be read just now; the counts are null then. */
  readonly error?: string;
}

/**
 * Every old queue file with what waits in it. One that has not changed since
 * its import is not opened; others are read through a copy among the system's
 * temporary files. Changes nothing in the home, and needs no journal.
 */
export async function oldQueueState(
  paths: Pick<HomePaths, 'legacyQueue' | 'queuesDir'>,
  stores?: { readonly db: JournalDatabase },
): Promise<OldQueueFile[]> {
  const states: OldQueueFile[] = [];
  for (const file of findQueueFiles(paths).files) states.push(await stateOf(file, stores?.db));
  return states;
}

async function stateOf(file: QueueFile, db: JournalDatabase | undefined): Promise<OldQueueFile> {
  const about = { path: file.file, kind: file.kind, digest: file.digest };
  try {
    const record = db && findSource(db, file.path);
    if (record?.fingerprint === fingerprintOf(file.file).text)
      return { ...about, ...remembered(record) };
    return { ...about, ...(await lookedAt(file, db, record)) };
  } catch (error) {
    return { ...about, ...UNCOUNTED, error: (error as Error).message };
  }
}

type Counts = Omit<OldQueueFile, 'path' | 'kind' | 'digest'>;

const UNCOUNTED = {
  event_count: null,
  waiting_count: null,
  body_upload_count: null,
  failure_log_count: null,
  imported: false,
};

function remembered(record: SourceRecord): Counts {
  return {
    event_count: record.events,
    waiting_count: 0,
    body_upload_count: record.bodyUploads,
    failure_log_count: record.failureLog,
    imported: true,
    ...(record.damage === null ? {} : { damage: record.damage }),
  };
}

function lookedAt(
  file: QueueFile,
  db: JournalDatabase | undefined,
  record: SourceRecord | undefined,
): Promise<Counts> {
  return withScratch(undefined, (scratch) =>
    withQueueCopy(file.file, scratch, (copy) => {
      const queue = QueueDatabase.open(copy.file);
      try {
        return countsOf(queue, db, record);
      } finally {
        queue.close();
      }
    }),
  );
}

function countsOf(
  queue: QueueDatabase,
  db: JournalDatabase | undefined,
  record: SourceRecord | undefined,
): Counts {
  const waiting = countWaiting(queue, db, record);
  return {
    event_count: queue.count('queue'),
    waiting_count: waiting,
    body_upload_count: queue.count('body_upload_queue'),
    failure_log_count: queue.count('body_upload_failure_log'),
    imported: record !== undefined && waiting === 0,
    ...(queue.damage === null ? {} : { damage: queue.damage.reason }),
  };
}

/** Nothing of a file that was never imported is in the journal as far as anybody knows. */
function countWaiting(
  queue: QueueDatabase,
  db: JournalDatabase | undefined,
  record: SourceRecord | undefined,
): number | null {
  if (db === undefined || record === undefined) return queue.count('queue');
  let waiting = 0;
  for (const row of queue.rows())
    if (nextVersion(db, record.id, identityOfRow(row)) !== undefined) waiting += 1;
  return waiting;
}
