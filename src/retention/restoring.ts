import { replaceFile } from '../files/durable-file.js';
import { step } from '../storage/steps.js';
import { type ArchiveManifest, readManifest } from './archive-manifest.js';
import { checkArchive, readRecords } from './archive-reader.js';
import type { ArchiveRecord } from './archive-record.js';
import type { Course } from './collecting.js';
import type { SqliteRestore } from './sqlite-restore.js';

/** What came back of one archive, or would. */
export interface Restored {
  readonly archive_id: string;
  readonly restored: number;
  /** Their bytes are in the journal already. */
  readonly present: number;
  /** Erased on purpose: they never come back. */
  readonly redacted: number;
  /** This journal never had them, or had other bytes: left alone. */
  readonly unknown: number;
  readonly interrupted: boolean;
}

/** Records per transaction. */
const CHUNK = 500;

/**
 * Brings an archive back, chunk by chunk, after all of it was read and found
 * whole. Running again after a kill goes on; what is there already stays.
 *
 * @throws UnknownArchiveError, ArchiveDamagedError before anything is changed.
 */
export async function restoreArchive(
  store: SqliteRestore,
  manifestPath: string,
  { now, dryRun, course }: { now: number; dryRun: boolean; course: Course },
): Promise<Restored> {
  const manifest = readManifest(manifestPath);
  await checkArchive(manifestPath, manifest);
  let sum = nothingOf(manifest);
  for await (const chunk of chunks(readRecords(manifestPath, manifest))) {
    if (course.signal.aborted) return { ...sum, interrupted: true };
    sum = plus(sum, dryRun ? store.preview(chunk) : await store.restore(chunk, now));
    if (!dryRun) step('restore.chunk');
    course.progress(sum.restored + sum.present, manifest.events);
  }
  if (!dryRun) {
    const restored_at = new Date(now).toISOString();
    const text = `${JSON.stringify({ ...manifest, restored_at }, null, 2)}\n`;
    replaceFile(manifestPath, text, () => step('archive.manifest-synced'));
    step('restore.noted');
  }
  return sum;
}

function nothingOf(manifest: ArchiveManifest): Restored {
  return {
    archive_id: manifest.id,
    restored: 0,
    present: 0,
    redacted: 0,
    unknown: 0,
    interrupted: false,
  };
}

function plus(sum: Restored, more: Omit<Restored, 'archive_id' | 'interrupted'>): Restored {
  return {
    ...sum,
    restored: sum.restored + more.restored,
    present: sum.present + more.present,
    redacted: sum.redacted + more.redacted,
    unknown: sum.unknown + more.unknown,
  };
}

async function* chunks(records: AsyncIterable<ArchiveRecord>): AsyncGenerator<ArchiveRecord[]> {
  let chunk: ArchiveRecord[] = [];
  for await (const record of records) {
    chunk.push(record);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
