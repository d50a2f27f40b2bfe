import { rmSync, statSync } from 'node:fs';
import { step } from '../base/steps.js';
import { putInPlace } from '../files/durable-file.js';
import { writeGzip } from '../files/gzip-file.js';
import { rangesContain } from '../ledger/seq-ranges.js';
import type { ArchiveDirectory } from './archive-directory.js';
import { type ArchiveManifest, dataName, manifestName, readManifest } from './archive-manifest.js';
import { fileDigest, readRecords } from './archive-reader.js';
import { encodeRecord } from './archive-record.js';
import { yieldToOthers } from './job-control.js';
import type { RedactionStore } from './redaction-store.js';
import type { RetentionStore } from './retention-store.js';

/** The journal and its archives. */
export interface ArchiveScene {
  readonly redaction: RedactionStore;
  readonly retention: RetentionStore;
  readonly directory: ArchiveDirectory;
}

/** Archives that have to do with an event. */
export interface FoundArchives {
  /** Those in the directory that may still hold its bytes. */
  readonly holding: ArchiveManifest[];
  /** Manifests that cannot be read, with the reason. */
  readonly unreadable: string[];
  /** Ids of archives that have its only bytes, and are not in the directory. */
  readonly missing: string[];
}

/**
 * Archives that may still hold bytes of an event: those with one of its
 * numbers, and those that the journal does not know, whose numbers may be
 * another journal's.
 */
export async function archivesWith(
  { redaction, retention, directory }: ArchiveScene,
  eventId: string,
): Promise<FoundArchives> {
  const rows = await redaction.revisions(eventId);
  const found: FoundArchives = { holding: [], unreadable: [], missing: [] };
  const known = new Set<string>();
  for (const path of directory.manifests()) {
    const manifest = manifestOrNothing(path);
    await yieldToOthers();
    if (manifest === undefined) {
      found.unreadable.push(path);
      continue;
    }
    known.add(manifest.id);
    const isKnown = await retention.dependsOn(manifest.id, manifest.seqs);
    if (!isKnown || rows.some(({ seq }) => holds(manifest, seq))) found.holding.push(manifest);
  }
  for (const { kind, detail } of rows)
    if (kind === 'archive' && detail !== null && !known.has(detail)) found.missing.push(detail);
  return found;
}

/** The contents of an event that archives still hold; a damaged archive is named when it is rewritten. */
export async function archivedBytes(
  directory: ArchiveDirectory,
  found: FoundArchives,
  eventId: string,
): Promise<Buffer[]> {
  const contents: Buffer[] = [];
  for (const manifest of found.holding) {
    try {
      const path = directory.pathOf(manifestName(manifest.id));
      for await (const { event_id, bytes } of readRecords(path, manifest))
        if (event_id === eventId && bytes !== null) contents.push(bytes);
    } catch {
      // The rewriting that follows meets the same, and says so.
    }
  }
  return contents;
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
