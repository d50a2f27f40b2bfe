import type { HomePaths } from '../../config/home.js';
import { plainMessage } from '../../files/trouble.js';
import { fingerprintOf } from './fingerprint.js';
import type { ImportStore, SourceRecord } from './import-store.js';
import { withQueueCopy } from './queue-copy.js';
import { QueueDatabase } from './queue-database.js';
import { findQueueFiles, type QueueFile } from './queue-files.js';
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
  imports?: ImportStore,
): Promise<OldQueueFile[]> {
  const states: OldQueueFile[] = [];
  for (const file of findQueueFiles(paths).files) states.push(await stateOf(file, imports));
  return states;
}

async function stateOf(file: QueueFile, imports: ImportStore | undefined): Promise<OldQueueFile> {
  const about = { path: file.file, kind: file.kind, digest: file.digest };
  try {
    const record = await imports?.findSource(file.path);
    if (record?.fingerprint === fingerprintOf(file.file).text)
      return { ...about, ...remembered(record) };
    return { ...about, ...(await lookedAt(file, imports, record)) };
  } catch (error) {
    return { ...about, ...UNCOUNTED, error: plainMessage(error) };
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
  imports: ImportStore | undefined,
  record: SourceRecord | undefined,
): Promise<Counts> {
  return withScratch(undefined, (scratch) =>
    withQueueCopy(file.file, scratch, async (copy) => {
      const queue = QueueDatabase.open(copy.file);
      try {
        return await countsOf(queue, imports, record);
      } finally {
        queue.close();
      }
    }),
  );
}

async function countsOf(
  queue: QueueDatabase,
  imports: ImportStore | undefined,
  record: SourceRecord | undefined,
): Promise<Counts> {
  const waiting = await countWaiting(queue, imports, record);
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
async function countWaiting(
  queue: QueueDatabase,
  imports: ImportStore | undefined,
  record: SourceRecord | undefined,
): Promise<number | null> {
  if (imports === undefined || record === undefined) return queue.count('queue');
  return imports.countWaiting(record.id, queue.rows());
}
