import { createHash, hash } from 'node:crypto';
import { createReadStream, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { errorCode } from '../files/storage-errors.js';
import { rangesContain } from '../ledger/seq-ranges.js';
import { ArchiveDamagedError, type ArchiveManifest } from './archive-manifest.js';
import { type ArchiveRecord, decodeRecord } from './archive-record.js';

/**
 * The records of an archive in journal order, one at a time. Read only after
 * `checkArchive` found the file to be what its manifest says.
 *
 * @throws ArchiveDamagedError at the first line that is not a record of it.
 */
export async function* readRecords(
  manifestPath: string,
  manifest: ArchiveManifest,
): AsyncGenerator<ArchiveRecord> {
  const path = join(dirname(manifestPath), manifest.file);
  assertDataFile(path);
  const source = createReadStream(path);
  const text = source.pipe(createGunzip());
  source.on('error', (error) => text.destroy(error));
  try {
    for await (const line of linesOf(path, text.setEncoding('utf8'), mostText(manifest)))
      yield checked(path, manifest, decodeRecord(line));
  } finally {
    source.destroy();
    text.destroy();
  }
}

/** Records in pages of so many. */
export async function* pagesOf(
  records: AsyncIterable<ArchiveRecord>,
  size: number,
): AsyncGenerator<ArchiveRecord[]> {
  let page: ArchiveRecord[] = [];
  for await (const record of records) {
    page.push(record);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/**
 * Reads the whole archive back: the file has the digest of its manifest, and
 * every record bytes of its own digest. `onRecord` sees each. Memory stays flat.
 *
 * @throws ArchiveDamagedError when anything is not so.
 */
export async function checkArchive(
  manifestPath: string,
  manifest: ArchiveManifest,
  onRecord: (record: ArchiveRecord) => void | Promise<void> = () => undefined,
): Promise<void> {
  const path = join(dirname(manifestPath), manifest.file);
  assertDataFile(path);
  if ((await fileDigest(path)) !== manifest.sha256)
    throw new ArchiveDamagedError(path, 'its SHA-256 is not the one of its manifest');
  let events = 0;
  for await (const record of readRecords(manifestPath, manifest)) {
    events += 1;
    await onRecord(record);
  }
  if (events !== manifest.events)
    throw new ArchiveDamagedError(
      path,
      `it holds ${events} events, its manifest says ${manifest.events}`,
    );
}

/**
 * The data file of a manifest, and no other: a link beside it could name any
 * file of this machine, and a pipe would be waited for.
 */
function assertDataFile(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new ArchiveDamagedError(path, 'the file is not there');
  if (!stat.isFile()) throw new ArchiveDamagedError(path, 'it is a link or no file at all');
}

const RECORD_BYTES = 1024 * 1024;

/** More than any writing of what the manifest counts: base64, columns, escapes. */
const mostText = ({ events, payload_bytes }: ArchiveManifest): number =>
  16 * payload_bytes + RECORD_BYTES * (events + 1);

/** A few megabytes can unpack to as many gigabytes, all of it one line: `most` characters are read. */
async function* linesOf(
  path: string,
  text: AsyncIterable<string>,
  most: number,
): AsyncGenerator<string> {
  let left = most;
  let begun = '';
  for await (const chunk of text) {
    left -= chunk.length;
    if (left < 0) throw new ArchiveDamagedError(path, 'it unpacks to more than its manifest says');
    const lines = chunk.split('\n');
    lines[0] = begun + lines[0];
    begun = lines.pop() ?? '';
    yield* lines;
  }
  if (begun !== '') yield begun;
}

/** SHA-256 of a file as it is on disk, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const digest = createHash('sha256');
  try {
    await pipeline(createReadStream(path), digest);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new ArchiveDamagedError(path, 'the file is not there');
    throw error;
  }
  return digest.digest('hex');
}

function checked(
  path: string,
  manifest: ArchiveManifest,
  record: ArchiveRecord | undefined,
): ArchiveRecord {
  if (record === undefined) throw new ArchiveDamagedError(path, 'a line of it is not a record');
  const { seq, bytes, sha256, event_id } = record;
  if (!rangesContain(manifest.seqs, seq))
    throw new ArchiveDamagedError(path, `event ${event_id} is not one of its manifest`);
  if (bytes === null) {
    if (manifest.redacted.includes(seq)) return record;
    throw new ArchiveDamagedError(path, `event ${event_id} has no bytes`);
  }
  if (hash('sha256', bytes, 'hex') !== sha256)
    throw new ArchiveDamagedError(path, `the bytes of event ${event_id} are not what was captured`);
  return record;
}
