import type { OldQueueFile } from '../spec-kitty/legacy/old-queue-state.js';
import type { UnreadableSection } from './or-unreadable.js';

/** The old scoped file of the resolved target; zeros when there is none. */
export interface ActiveQueue {
  readonly path: string;
  readonly event_count: number;
  readonly body_upload_count: number;
}

/** The old queue of a machine that nobody was signed in on. */
export interface LegacyQueue extends ActiveQueue {
  /** Rows that are not in the journal yet: the file names nobody, so they are everybody's. */
  readonly rows_in_scope: number;
}

/** Counted from the body tables alone, never from the journal. */
export interface BodyUploads {
  readonly body_upload_queue_count: number;
  readonly body_upload_failure_log_count: number;
  /** Damaged files whose body tables could not be counted, where there are any. */
  readonly uncounted_files?: readonly string[];
}

/** A file that could not be read: its path, and no number that was not counted. */
export type UnreadableQueue = UnreadableSection & { readonly path: string };

export interface OldQueueSections {
  readonly active_queue: ActiveQueue | UnreadableQueue;
  readonly legacy_queue: LegacyQueue | UnreadableQueue;
  readonly body_upload_compatibility: BodyUploads | UnreadableSection;
  /** Rows of this scope that no import has taken in yet. */
  readonly waitingInScope: number;
  /** Rows of other old files that no import has taken in yet. */
  readonly waitingElsewhere: number;
}

/** An old file with rows that no import has taken in yet. */
export interface WaitingFile {
  readonly path: string;
  readonly waiting_count: number;
}

/** Every old file with rows that are not in the journal yet, by name. */
export function waitingFiles(files: readonly OldQueueFile[]): WaitingFile[] {
  return files
    .map(({ path, waiting_count }) => ({ path, waiting_count: waiting_count ?? 0 }))
    .filter(({ waiting_count }) => waiting_count > 0);
}

/** What the old queue files of a home come to, for the scope in force. */
export function oldQueueSections(
  files: readonly OldQueueFile[],
  activePath: string,
  legacyPath: string,
): OldQueueSections {
  const active = files.find(({ path }) => path === activePath);
  const legacy = files.find(({ path }) => path === legacyPath);
  const inScope = new Set([active, legacy].filter((file) => file !== undefined));
  return {
    active_queue: activeQueue(activePath, active),
    legacy_queue: legacyQueue(legacyPath, legacy),
    body_upload_compatibility: bodyUploads(files),
    waitingInScope: sumOf([...inScope], 'waiting_count'),
    waitingElsewhere: sumOf(
      files.filter((file) => !inScope.has(file)),
      'waiting_count',
    ),
  };
}

function activeQueue(path: string, file: OldQueueFile | undefined): ActiveQueue | UnreadableQueue {
  if (file === undefined) return { path, event_count: 0, body_upload_count: 0 };
  const { event_count, body_upload_count } = file;
  if (event_count === null || body_upload_count === null) return { path, error: reasonOf(file) };
  return { path, event_count, body_upload_count };
}

function legacyQueue(path: string, file: OldQueueFile | undefined): LegacyQueue | UnreadableQueue {
  const counted = activeQueue(path, file);
  if ('error' in counted) return counted;
  const waiting = file === undefined ? 0 : file.waiting_count;
  return waiting === null
    ? { path, error: reasonOf(file) }
    : { ...counted, rows_in_scope: waiting };
}

function bodyUploads(files: readonly OldQueueFile[]): BodyUploads | UnreadableSection {
  const broken = files.filter(
    (file) => file.body_upload_count === null || file.failure_log_count === null,
  );
  // What an import found damaged will not get better: it is named, and the rest is counted.
  const unread = broken.find(({ imported }) => !imported);
  if (unread !== undefined) return { error: `${unread.path}: ${reasonOf(unread)}` };
  return {
    body_upload_queue_count: sumOf(files, 'body_upload_count'),
    body_upload_failure_log_count: sumOf(files, 'failure_log_count'),
    ...(broken.length === 0 ? {} : { uncounted_files: broken.map(({ path }) => path) }),
  };
}

const reasonOf = (file: OldQueueFile | undefined): string =>
  file?.error ?? file?.damage ?? 'its rows could not be counted';

type Counted = 'waiting_count' | 'body_upload_count' | 'failure_log_count';

const sumOf = (files: readonly OldQueueFile[], field: Counted): number =>
  files.reduce((sum, file) => sum + (file[field] ?? 0), 0);
