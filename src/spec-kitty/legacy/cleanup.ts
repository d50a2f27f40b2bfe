import { step } from '../../base/steps.js';
import type { HomePaths } from '../../config/home.js';
import { fingerprintOf } from './fingerprint.js';
import type { ImportStore, SourceRecord } from './import-store.js';
import type { CleanupReport } from './migration-report.js';
import { findQueueFiles, type QueueFile } from './queue-files.js';
import { finishRenames, freeName, renameAway } from './rename-away.js';

/**
 * Renames every old file whose rows are all in the journal to `*.migrated`,
 * sidecars included; with `confirmed` false it only says what it would do. The
 * files themselves stay, for the operator to remove.
 */
export async function cleanUpQueues(
  paths: Pick<HomePaths, 'home' | 'legacyQueue' | 'queuesDir'>,
  imports: ImportStore,
  confirmed: boolean,
): Promise<CleanupReport> {
  if (confirmed) for (const directory of [paths.home, paths.queuesDir]) finishRenames(directory);
  const renamed: { path: string; renamed_to: string }[] = [];
  const kept: { path: string; reason: string }[] = [];
  for (const file of findQueueFiles(paths).files) {
    const reason = (await whyItStays(imports, file)) ?? (await rename(imports, file, confirmed));
    if (typeof reason === 'string') kept.push({ path: file.path, reason });
    else renamed.push({ path: file.path, renamed_to: reason.renamedTo });
  }
  return { done: confirmed, renamed, kept };
}

/** Undefined when everything in the file is in the journal. */
async function whyItStays(imports: ImportStore, file: QueueFile): Promise<string | undefined> {
  const record = await imports.findSource(file.path);
  if (record === undefined) return 'it was not imported';
  if (fingerprintOf(file.file).text !== record.fingerprint)
    return 'it was written to since it was imported: run `redrain migrate` again';
  if (record.damage !== null) return `it is damaged, and may hold more than could be read`;
  const open = await imports.openConflictsOf(record.id);
  if (open > 0) return `${open} of its rows wait for a decision: \`redrain conflicts list\``;
  return bodyReason(record);
}

function bodyReason({ bodyUploads, failureLog }: SourceRecord): string | undefined {
  if (bodyUploads === null || failureLog === null) return 'its body uploads could not be counted';
  if (bodyUploads === 0) return undefined;
  return `it holds ${bodyUploads} body uploads, which are not events and are not imported`;
}

/** The new name, or why the file stays after all. The record comes first: a crash leaves no file unaccounted for. */
async function rename(
  imports: ImportStore,
  { file, path }: QueueFile,
  confirmed: boolean,
): Promise<{ renamedTo: string } | string> {
  const suffix = freeName(file).slice(file.length);
  const renamedTo = path + suffix;
  if (!confirmed) return { renamedTo };
  await imports.noteRenamed(path, renamedTo);
  step('migrate.rename-noted');
  return renameAway(file, file + suffix) ? { renamedTo } : 'it is being written by another program';
}
