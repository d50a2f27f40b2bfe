import type { Dirent } from 'node:fs';
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { HomePaths } from '../../config/home.js';
import { errorCode } from '../../files/storage-errors.js';

/** One old queue file (docs/spec-kitty.md). */
export interface QueueFile {
  /** Absolute. */
  readonly file: string;
  /** Below the home, with forward slashes. */
  readonly path: string;
  readonly kind: 'scoped' | 'legacy';
  /** The digest in its name; null for the unauthenticated queue. */
  readonly digest: string | null;
}

/** A name that looks like an old queue and is not taken for one. */
export interface SkippedName {
  readonly path: string;
  readonly reason: string;
}

export interface FoundQueues {
  /** Scoped ones by name, then `queue.db`: the order in which they are imported. */
  readonly files: readonly QueueFile[];
  readonly skipped: readonly SkippedName[];
}

const SCOPED = /^queue-([0-9a-f]+)\.db$/;
const USUAL_DIGITS = 16;
const SIDECAR = /-(?:journal|wal|shm)$/;
const LOOKS_LIKE_A_QUEUE = /queue|\.db/i;
/** What `migrate --cleanup` made of a file: it is out of the way, sidecars included. */
const RENAMED = /\.migrated(?:-journal|-wal)?$/;

type HomeQueues = Pick<HomePaths, 'legacyQueue' | 'queuesDir'>;

/**
 * Every old queue file of a home. The scoped one wins over `queue.db` where
 * both hold an id, as in the old program, so it comes first. Changes nothing;
 * throws when the directory exists and cannot be listed.
 */
export function findQueueFiles(paths: HomeQueues): FoundQueues {
  const files: QueueFile[] = [];
  const skipped: SkippedName[] = [];
  for (const entry of entriesOf(paths.queuesDir)) {
    const found = scopedFile(paths.queuesDir, entry);
    if (found === undefined) continue;
    if ('file' in found) files.push(found);
    else skipped.push(found);
  }
  const legacy = lstatSync(paths.legacyQueue, { throwIfNoEntry: false });
  if (legacy?.isDirectory() === true)
    skipped.push({ path: basename(paths.legacyQueue), reason: 'it is a directory, not a file' });
  else if (legacy !== undefined)
    files.push({
      file: paths.legacyQueue,
      path: basename(paths.legacyQueue),
      kind: 'legacy',
      digest: null,
    });
  return { files, skipped };
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort(byName);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function scopedFile(directory: string, entry: Dirent): QueueFile | SkippedName | undefined {
  const { name } = entry;
  const path = `${basename(directory)}/${name}`;
  if (SIDECAR.test(name) || RENAMED.test(name)) return undefined;
  const digest = SCOPED.exec(name)?.[1];
  if (digest === undefined)
    return LOOKS_LIKE_A_QUEUE.test(name) ? { path, reason: unusableName(entry) } : undefined;
  if (entry.isDirectory()) return { path, reason: 'it is a directory, not a file' };
  return { file: join(directory, name), path, kind: 'scoped', digest };
}

function unusableName(entry: Dirent): string {
  if (entry.isDirectory()) return 'it is a directory, not a file';
  if (SCOPED.test(entry.name.toLowerCase()))
    return 'its name has capital letters: the old program wrote lower-case digits only';
  if (!entry.name.endsWith('.db')) return 'its name does not end in .db: a copy or a backup';
  return 'its name is not queue-<hexadecimal digits>.db';
}

/** What is worth saying of a file that is imported all the same. */
export function nameNote(file: QueueFile): string | undefined {
  if (file.digest === null || file.digest.length === USUAL_DIGITS) return undefined;
  return `its digest has ${file.digest.length} digits, not ${USUAL_DIGITS}`;
}

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);
