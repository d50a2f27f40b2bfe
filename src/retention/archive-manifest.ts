import { basename, dirname, join } from 'node:path';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { readPlainFile } from '../files/plain-file.js';
import { errorCode } from '../files/storage-errors.js';
import type { SeqRanges } from '../ledger/seq-ranges.js';

/** What an archive says of itself. Written last: an archive without one does not exist. */
export interface ArchiveManifest {
  readonly format: 'redrain-archive-1';
  readonly id: string;
  /** The data file beside the manifest. A redaction gives it a new name. */
  readonly file: string;
  /** ISO 8601. */
  readonly created_at: string;
  /** Of the data file, hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  readonly events: number;
  readonly payload_bytes: number;
  readonly include_undelivered: boolean;
  /** Sequence numbers, as closed ranges. */
  readonly seqs: SeqRanges;
  /** Those whose bytes were erased from the archive too. */
  readonly redacted: readonly number[];
  /** ISO 8601: when its events were brought back; null while the archive is in force. */
  readonly restored_at: string | null;
}

/** An archive that cannot be read, or is not what its manifest says. */
export class ArchiveDamagedError extends RedrainError {
  override readonly name = 'ArchiveDamagedError';
  readonly code = 'ARCHIVE_DAMAGED';
  override readonly exitCode = EXIT.badInput;
  constructor(
    readonly file: string,
    detail: string,
  ) {
    super(`${file}: ${detail}`);
  }
}

/** No archive goes by that name. */
export class UnknownArchiveError extends RedrainError {
  override readonly name = 'UnknownArchiveError';
  readonly code = 'ARCHIVE_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(readonly wanted: string) {
    super(
      `there is no archive ${wanted}: give an id, or the path of a .manifest.json or .jsonl.gz file`,
    );
  }
}

const ID = /^archive-\d{8}T\d{9}Z-\d{1,16}-[0-9a-f]{8}$/;
const DATA_FILE = /^(archive-\d{8}T\d{9}Z-\d{1,16}-[0-9a-f]{8})(?:\.r\d{1,6})?\.jsonl\.gz$/;
const MANIFEST_END = '.manifest.json';

export function isArchiveId(text: string): boolean {
  return ID.test(text);
}

/** A name that sorts by time and says where the archive starts. */
export function newArchiveId(now: number, firstSeq: number, random: string): string {
  const at = new Date(now).toISOString().replaceAll(/[-:.]/g, '');
  return `archive-${at}-${firstSeq}-${random}`;
}

export function manifestName(id: string): string {
  return `${id}${MANIFEST_END}`;
}

/** The data file of the `revision`th writing; 0 is the first. */
export function dataName(id: string, revision: number): string {
  return revision === 0 ? `${id}.jsonl.gz` : `${id}.r${revision}.jsonl.gz`;
}

/** The id in the name of a data file or manifest; undefined for any other name. */
export function archiveIdOf(name: string): string | undefined {
  if (name.endsWith(MANIFEST_END)) {
    const id = name.slice(0, -MANIFEST_END.length);
    return isArchiveId(id) ? id : undefined;
  }
  return DATA_FILE.exec(name)?.[1];
}

/**
 * The manifest that an operator means by an id or a path.
 *
 * @throws UnknownArchiveError for a name that no archive can have.
 */
export function locateManifest(archiveDir: string, wanted: string): string {
  if (isArchiveId(wanted)) return join(archiveDir, manifestName(wanted));
  const id = archiveIdOf(basename(wanted));
  if (id === undefined) throw new UnknownArchiveError(wanted);
  return join(dirname(wanted), manifestName(id));
}

/**
 * Reads a manifest and trusts nothing in it: the data file must be a plain
 * name of this archive.
 *
 * @throws UnknownArchiveError when there is none, ArchiveDamagedError when it is none.
 */
export function readManifest(path: string): ArchiveManifest {
  const value = parseManifest(path);
  const id = archiveIdOf(basename(path));
  const fits =
    value.format === 'redrain-archive-1' &&
    value.id === id &&
    typeof value.file === 'string' &&
    DATA_FILE.exec(value.file)?.[1] === id &&
    typeof value.sha256 === 'string' &&
    [value.events, value.size, value.payload_bytes].every(isCount) &&
    isRanges(value.seqs) &&
    Array.isArray(value.redacted) &&
    value.redacted.every(isCount);
  if (!fits) throw new ArchiveDamagedError(path, 'this is not a manifest of an archive');
  return value as unknown as ArchiveManifest;
}

function parseManifest(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readPlainFile(path).toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new UnknownArchiveError(path);
    if (errorCode(error) !== '') throw error;
  }
  throw new ArchiveDamagedError(path, 'the manifest cannot be read');
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isRanges(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n)),
    )
  );
}
