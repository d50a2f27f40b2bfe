import { step } from '../../base/steps.js';
import type { HomePaths } from '../../config/home.js';
import type { KnownIdentities } from '../known-identities.js';
import { fingerprintOf } from './fingerprint.js';
import type { ImportOrder, ImportStore, SourceRecord } from './import-store.js';
import type { SourceReport } from './migration-report.js';
import { type MigrationReport, NOT_RECOVERABLE, totalsOf } from './migration-report.js';
import { type CopyPatience, withQueueCopy } from './queue-copy.js';
import { QueueDatabase } from './queue-database.js';
import { findQueueFiles, nameNote, type QueueFile } from './queue-files.js';
import { failedSource, importedSource, unchangedSource } from './source-report.js';

/** What a migration stands on. */
export interface MigrationSurroundings {
  readonly paths: Pick<HomePaths, 'legacyQueue' | 'queuesDir'>;
  readonly imports: ImportStore;
  readonly identities: KnownIdentities;
  /** A private directory for copies. */
  readonly scratch: string;
  now(): number;
  /** After each file: how many of how many are done. */
  progress?(done: number, of: number, last: SourceReport): void;
  /** No further file is begun once it aborts. */
  readonly signal?: AbortSignal | undefined;
  readonly patience?: CopyPatience;
}

export type ImportReport = Omit<MigrationReport, 'dry_run' | 'cleanup'>;

/**
 * Imports every old queue file of a home, each in one transaction, each on its
 * own: one that is locked, damaged or gone keeps no other from being imported.
 */
export async function migrateQueues(given: MigrationSurroundings): Promise<ImportReport> {
  const { files, skipped } = findQueueFiles(given.paths);
  const sources: SourceReport[] = [];
  for (const file of files) {
    if (given.signal?.aborted === true) break;
    const source = await migrateOne(given, file);
    sources.push(source);
    given.progress?.(sources.length, files.length, source);
    step('migrate.source-done');
  }
  return {
    interrupted: sources.length < files.length,
    sources,
    skipped,
    totals: totalsOf(sources),
    open_conflicts: await given.imports.openConflicts(),
    not_recoverable: NOT_RECOVERABLE,
  };
}

async function migrateOne(given: MigrationSurroundings, file: QueueFile): Promise<SourceReport> {
  try {
    const record = await given.imports.findSource(file.path);
    if (record !== undefined && isUnchanged(file, record)) return unchangedSource(file, record);
    return await withQueueCopy(
      file.file,
      given.scratch,
      (copy) => importCopy(given, copy.file, orderFor(given, file, copy.fingerprint.text)),
      given.patience,
    );
  } catch (error) {
    if (isJournalTrouble(error)) throw error;
    return failedSource(file, error);
  }
}

const isUnchanged = (file: QueueFile, record: SourceRecord): boolean =>
  record.fingerprint === fingerprintOf(file.file).text;

/** The journal itself cannot be written: that is not a fault of this file, and the next would fare no better. */
const isJournalTrouble = (error: unknown): boolean =>
  error instanceof Error && error.name === 'StorageUnavailableError';

function orderFor(
  { identities, now }: MigrationSurroundings,
  file: QueueFile,
  fingerprint: string,
): ImportOrder {
  const owner = file.digest === null ? null : (identities.get(file.digest) ?? null);
  return { file, fingerprint, owner, now: now() };
}

async function importCopy(
  { imports }: MigrationSurroundings,
  copy: string,
  order: ImportOrder,
): Promise<SourceReport> {
  const queue = openOrDamage(copy);
  if (!(queue instanceof QueueDatabase)) {
    await imports.recordUnreadable(order, queue.damage);
    return importedSource(order, undefined, { damage: queue.damage });
  }
  try {
    const tally = await imports.importQueue(queue, order);
    const note = queue.hasQueue ? nameNote(order.file) : 'it has no queue table';
    if (note !== undefined) tally.warn(note);
    return importedSource(order, tally, {
      damage: queue.damage?.reason ?? null,
      bodyUploads: queue.count('body_upload_queue'),
      failureLog: queue.count('body_upload_failure_log'),
    });
  } finally {
    queue.close();
  }
}

/** A file that SQLite cannot read at all will not get better: it is recorded as damaged. */
function openOrDamage(copy: string): QueueDatabase | { damage: string } {
  try {
    return QueueDatabase.open(copy);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code?.startsWith('SQLITE_CORRUPT') || code?.startsWith('SQLITE_NOTADB'))
      return { damage: message };
    throw error;
  }
}
