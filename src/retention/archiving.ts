import { hash, randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { step } from '../base/steps.js';
import { putInPlace } from '../files/durable-file.js';
import { writeGzip } from '../files/gzip-file.js';
import { fromRanges, toRanges } from '../ledger/seq-ranges.js';
import type { ArchiveDirectory } from './archive-directory.js';
import {
  ArchiveDamagedError,
  type ArchiveManifest,
  dataName,
  manifestName,
  newArchiveId,
  readManifest,
} from './archive-manifest.js';
import { checkArchive, fileDigest, pagesOf, readRecords } from './archive-reader.js';
import { type ArchiveRecord, encodeRecord } from './archive-record.js';
import {
  added,
  type Collected,
  NOTHING_COLLECTED,
  SPAN,
  spansTo,
  withEvents,
} from './collecting.js';
import { type JobControl, yieldToOthers } from './job-control.js';
import type { EligibleEvent, RetentionStore } from './retention-store.js';
import type { RetentionScope } from './scope.js';

/** Most events of one archive. */
const MAX_EVENTS = 5_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** Records in memory at a time. */
const LOADED = 100;

/** One archive in force. */
export interface WrittenArchive {
  readonly id: string;
  readonly file: string;
  readonly events: number;
  readonly bytes: number;
}

export interface Archived extends Collected {
  readonly archives: readonly WrittenArchive[];
}

export interface ArchiveJob {
  readonly retention: RetentionStore;
  readonly directory: ArchiveDirectory;
  readonly scope: RetentionScope;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly control: JobControl;
}

/**
 * Moves the bytes of what may go into archives. For each: write, fsync,
 * rename, manifest, read back, and only then transactions that mark and purge,
 * a part of it each, so that others get their turns. A kill anywhere loses
 * nothing; the next run takes up a finished archive of which not everything
 * was marked yet, and removes unfinished ones.
 */
export async function archiveEvents(job: ArchiveJob): Promise<Archived> {
  const { retention, directory, control } = job;
  directory.ensure();
  await directory.removeLeftovers((id) => retention.needsArchive(id));
  let sum: Archived = { ...NOTHING_COLLECTED, archives: [] };
  for (const path of directory.manifests()) sum = await takeUp(job, path, sum);
  const head = await retention.head();
  let found: EligibleEvent[] = [];
  for (const span of spansTo(head)) {
    if (control.signal.aborted) return { ...sum, interrupted: true };
    found.push(...(await retention.eligible(span, job.scope)));
    if (isFull(found)) {
      sum = await archiveOne(job, found, sum);
      found = [];
    }
    control.progress(span.last, head);
    await yieldToOthers();
  }
  return archiveOne(job, found, sum);
}

/**
 * A killed run may have died between a good archive and the transaction that
 * relies on it. A damaged one is `verify`'s to name: nothing relies on it.
 */
async function takeUp(job: ArchiveJob, path: string, sum: Archived): Promise<Archived> {
  try {
    const manifest = readManifest(path);
    if (manifest.restored_at !== null || (await isPurgedBehind(job, manifest))) return sum;
    await checkArchive(path, manifest);
    const own: number[] = [];
    for await (const records of pagesOf(readRecords(path, manifest), LOADED))
      own.push(...(await job.retention.own(records)));
    return own.length === 0 ? sum : await purgeBehind(job, manifest, sum, own);
  } catch (error) {
    if (error instanceof ArchiveDamagedError) return sum;
    throw error;
  }
}

/** Whether the journal has purged all that this archive holds. */
async function isPurgedBehind(
  { retention }: ArchiveJob,
  { id, seqs, events, redacted }: ArchiveManifest,
): Promise<boolean> {
  return (await retention.countBehind(id, seqs)) + redacted.length >= events;
}

function isFull(found: readonly EligibleEvent[]): boolean {
  return (
    found.length >= MAX_EVENTS || found.reduce((bytes, { size }) => bytes + size, 0) >= MAX_BYTES
  );
}

async function archiveOne(
  job: ArchiveJob,
  found: readonly EligibleEvent[],
  sum: Archived,
): Promise<Archived> {
  if (found.length === 0) return sum;
  const manifest = await write(job, found);
  const damaged = sum.damaged + found.length - (manifest?.events ?? 0);
  if (manifest === undefined) return { ...sum, damaged };
  const counted = { ...sum, ...withEvents(sum, found), ...added(sum, NOTHING_COLLECTED), damaged };
  return purgeBehind(job, manifest, counted);
}

/** Undefined when no event of these has bytes that can be trusted. */
async function write(
  job: ArchiveJob,
  found: readonly EligibleEvent[],
): Promise<ArchiveManifest | undefined> {
  const { directory, now } = job;
  const id = newArchiveId(now, found[0]?.seq ?? 0, randomBytes(4).toString('hex'));
  const file = dataName(id, 0);
  const path = directory.pathOf(file);
  const seqs: number[] = [];
  const temporary = await writeGzip(path, wholeLines(job.retention, found, seqs));
  step('archive.data-written');
  if (seqs.length === 0) {
    rmSync(temporary);
    return undefined;
  }
  const written = new Set(seqs);
  const manifest: ArchiveManifest = {
    format: 'redrain-archive-1',
    id,
    file,
    created_at: new Date(now).toISOString(),
    sha256: await fileDigest(temporary),
    size: statSync(temporary).size,
    events: seqs.length,
    payload_bytes: found.reduce((sum, { seq, size }) => sum + (written.has(seq) ? size : 0), 0),
    include_undelivered: job.scope.includeUndelivered,
    seqs: toRanges(seqs),
    redacted: [],
    restored_at: null,
  };
  putInPlace(temporary, path);
  step('archive.data-in-place');
  directory.writeManifest(manifest);
  step('archive.manifest-written');
  await checkArchive(directory.pathOf(manifestName(id)), manifest);
  step('archive.read-back');
  return manifest;
}

/**
 * Lines of the events whose bytes are what was captured, a page at a time, as
 * each write to the compressor has its price; their numbers go into `seqs`.
 */
async function* wholeLines(
  retention: RetentionStore,
  found: readonly EligibleEvent[],
  seqs: number[],
): AsyncGenerator<string> {
  for (let at = 0; at < found.length; at += LOADED) {
    const page = found.slice(at, at + LOADED).map(({ seq }) => seq);
    const whole = (await retention.records(page)).filter(isWhole);
    seqs.push(...whole.map(({ seq }) => seq));
    if (whole.length > 0) yield whole.map(encodeRecord).join('');
  }
}

function isWhole({ bytes, sha256 }: ArchiveRecord): boolean {
  return bytes !== null && hash('sha256', bytes, 'hex') === sha256;
}

async function purgeBehind(
  job: ArchiveJob,
  manifest: ArchiveManifest,
  sum: Archived,
  seqs = fromRanges(manifest.seqs),
): Promise<Archived> {
  const { id, file } = manifest;
  const record = { kind: 'archive', archiveId: id } as const;
  let gone = { events: 0, bytes: 0, damaged: 0 };
  for (let at = 0; at < seqs.length; at += SPAN) {
    const chunk = seqs.slice(at, at + SPAN);
    gone = added(gone, await job.retention.purge(chunk, job.scope, record, job.now));
    await yieldToOthers();
  }
  if (gone.events === 0) return sum;
  const archive = { id, file, events: gone.events, bytes: gone.bytes };
  return { ...sum, ...added(sum, gone), archives: [...sum.archives, archive] };
}
