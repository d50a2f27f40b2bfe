import { rmSync, statSync } from 'node:fs';
import { putInPlace } from '../files/durable-file.js';
import { rangesContain } from '../ledger/seq-ranges.js';
import { step } from '../storage/steps.js';
import type { ArchiveDirectory } from './archive-directory.js';
import { type ArchiveManifest, dataName, readManifest } from './archive-manifest.js';
import { fileDigest, readRecords } from './archive-reader.js';
import { encodeRecord } from './archive-record.js';
import { writeGzip } from './durable-file.js';

/** Archives that still hold bytes of any of these events. Unreadable ones are named apart. */
export function archivesWith(
  directory: ArchiveDirectory,
  seqs: readonly number[],
): { holding: ArchiveManifest[]; unreadable: string[] } {
  const holding: ArchiveManifest[] = [];
  const unreadable: string[] = [];
  for (const path of directory.manifests()) {
    const manifest = manifestOrNothing(path);
    if (manifest === undefined) unreadable.push(path);
    else if (seqs.some((seq) => holds(manifest, seq))) holding.push(manifest);
  }
  return { holding, unreadable };
}

function manifestOrNothing(path: string): ArchiveManifest | undefined {
  try {
    return readManifest(path);
  } catch {
    return undefined;
  }
}

function holds(manifest: ArchiveManifest, seq: number): boolean {
  return rangesContain(manifest.seqs, seq) && !manifest.redacted.includes(seq);
}

/**
 * Writes an archive again without the bytes of an event; false when it has none
 * of them. The manifest is
 * the switch: until it names the new file the old one is in force, and the old
 * one goes only after. A kill in between leaves a file that the next run of
 * `redact` or `archive` removes.
 */
export async function redactInArchive(
  directory: ArchiveDirectory,
  manifest: ArchiveManifest,
  eventId: string,
  manifestPath: string,
): Promise<boolean> {
  const gone = new Set(manifest.redacted);
  // By id, not by number alone: the archive may be another journal's.
  for await (const record of readRecords(manifestPath, manifest))
    if (record.event_id === eventId) gone.add(record.seq);
  if (gone.size === manifest.redacted.length) return false;
  const file = dataName(manifest.id, revisionOf(manifest.file) + 1);
  const path = directory.pathOf(file);
  const temporary = await writeGzip(path, withoutBytes(manifestPath, manifest, gone));
  const sha256 = await fileDigest(temporary);
  const { size } = statSync(temporary);
  putInPlace(temporary, path);
  step('redact.archive-rewritten');
  directory.writeManifest({ ...manifest, file, sha256, size, redacted: [...gone] });
  step('redact.archive-switched');
  rmSync(directory.pathOf(manifest.file), { force: true });
  step('redact.archive-removed');
  return true;
}

function revisionOf(file: string): number {
  return Number(/\.r(\d+)\.jsonl\.gz$/.exec(file)?.[1] ?? 0);
}

async function* withoutBytes(
  manifestPath: string,
  manifest: ArchiveManifest,
  gone: ReadonlySet<number>,
): AsyncGenerator<string> {
  for await (const record of readRecords(manifestPath, manifest))
    yield encodeRecord(gone.has(record.seq) ? { ...record, bytes: null } : record);
}
