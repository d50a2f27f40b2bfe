import { step } from '../base/steps.js';
import { replaceFile } from '../files/durable-file.js';
import { type ArchiveManifest, readManifest } from './archive-manifest.js';
import { checkArchive, pagesOf, readRecords } from './archive-reader.js';
import type { JobControl } from './job-control.js';
import type { RestoredChunk, RestoreStore } from './restore-store.js';

/** What came back of one archive, or would. */
export interface Restored extends RestoredChunk {
  readonly archive_id: string;
  readonly interrupted: boolean;
}

export interface RestoreOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly dryRun: boolean;
  readonly control: JobControl;
  /** Also take in events that this journal never had: an older journal under newer archives. */
  readonly addMissing?: boolean;
}

/** Records per transaction. */
const CHUNK = 250;

/**
 * Brings an archive back, chunk by chunk, after all of it was read and found
 * whole. Running again after a kill goes on; what is there already stays.
 *
 * @throws UnknownArchiveError, ArchiveDamagedError before anything is changed.
 */
export async function restoreArchive(
  store: RestoreStore,
  manifestPath: string,
  { now, dryRun, control, addMissing = false }: RestoreOptions,
): Promise<Restored> {
  const manifest = readManifest(manifestPath);
  const order = { now, addMissing, archiveId: manifest.id };
  await checkArchive(manifestPath, manifest);
  let sum = nothingOf(manifest);
  for await (const chunk of pagesOf(readRecords(manifestPath, manifest), CHUNK)) {
    if (control.signal.aborted) return { ...sum, interrupted: true };
    sum = plus(sum, await (dryRun ? store.preview(chunk, order) : store.restore(chunk, order)));
    if (!dryRun) step('restore.chunk');
    control.progress(sum.restored + sum.present + sum.added, manifest.events);
  }
  // While events of it are nowhere else, it is in force.
  if (!dryRun && sum.unknown === 0) {
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
    added: 0,
    conflicts: 0,
    unknown: 0,
    interrupted: false,
  };
}

function plus(sum: Restored, more: RestoredChunk): Restored {
  return {
    ...sum,
    restored: sum.restored + more.restored,
    present: sum.present + more.present,
    redacted: sum.redacted + more.redacted,
    added: sum.added + more.added,
    conflicts: sum.conflicts + more.conflicts,
    unknown: sum.unknown + more.unknown,
  };
}
