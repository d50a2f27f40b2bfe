import type { HomePaths } from '../../config/home.js';
import { plainMessage } from '../../files/trouble.js';
import { type Finding, problem, warning } from '../../reports/finding.js';
import { counted } from '../../reports/findings/cause-text.js';
import type { UnreadableSection } from '../../reports/or-unreadable.js';
import type { WaitingFile } from '../../reports/sections.js';
import type { ImportStore } from './import-store.js';
import { type OldQueueFile, oldQueueState } from './old-queue-state.js';

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

/** The old queue files of a home, counted for the scope in force. */
export interface OldQueues {
  /** The parts of the status document, under their names there. */
  readonly fields: OldQueueFields;
  /** Every file with rows that no import has taken in yet. */
  readonly waitingFiles: readonly WaitingFile[];
  /** Rows of this scope that no import has taken in yet. */
  readonly waitingInScope: number;
  /** Rows of other old files that no import has taken in yet. */
  readonly waitingElsewhere: number;
}

/** What `status` shows of old queues (docs/status.md). */
export interface OldQueueFields {
  readonly active_queue: ActiveQueue | UnreadableQueue;
  readonly legacy_queue: LegacyQueue | UnreadableQueue;
  readonly body_upload_compatibility: BodyUploads | UnreadableSection;
}

/** Looks at every old queue file; `activePath` is the one of the scope in force. Never throws for what it finds. */
export async function readOldQueues(
  paths: Pick<HomePaths, 'legacyQueue' | 'queuesDir'>,
  activePath: string,
  imports: ImportStore | undefined,
): Promise<OldQueues> {
  try {
    return oldQueues(await oldQueueState(paths, imports), activePath, paths.legacyQueue);
  } catch (error) {
    const unread = { error: plainMessage(error) };
    const fields = {
      active_queue: { path: activePath, ...unread },
      legacy_queue: { path: paths.legacyQueue, ...unread },
      body_upload_compatibility: unread,
    };
    return { fields, waitingFiles: [], waitingInScope: 0, waitingElsewhere: 0 };
  }
}

/** Every old file with rows that are not in the journal yet, by name. */
export function waitingFiles(files: readonly OldQueueFile[]): WaitingFile[] {
  return files
    .map(({ path, waiting_count }) => ({ path, waiting_count: waiting_count ?? 0 }))
    .filter(({ waiting_count }) => waiting_count > 0);
}

/** Counts these files; the rows of the active and of the legacy one are those of the scope in force. */
export function oldQueues(
  files: readonly OldQueueFile[],
  activePath: string,
  legacyPath: string,
): OldQueues {
  const active = files.find(({ path }) => path === activePath);
  const legacy = files.find(({ path }) => path === legacyPath);
  const inScope = new Set([active, legacy].filter((file) => file !== undefined));
  const elsewhere = files.filter((file) => !inScope.has(file));
  return {
    fields: {
      active_queue: activeQueue(activePath, active),
      legacy_queue: legacyQueue(legacyPath, legacy),
      body_upload_compatibility: bodyUploads(files),
    },
    waitingFiles: waitingFiles(files),
    waitingInScope: sumOf([...inScope], 'waiting_count'),
    waitingElsewhere: sumOf(elsewhere, 'waiting_count'),
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

/** What waits in old queues, and which of them cannot be read. */
export function oldQueueFindings(queues: OldQueues): Finding[] {
  const { waitingInScope, waitingElsewhere } = queues;
  const findings: Finding[] = unreadableQueues(queues.fields);
  if (waitingInScope > 0)
    findings.push(
      problem(
        'old_queues',
        `${counted(waitingInScope, 'row')} ${waitingInScope === 1 ? 'waits' : 'wait'} in an old queue and nothing sends them (${pathsInScope(queues)})`,
        'redrain migrate',
        { count: waitingInScope },
      ),
    );
  if (waitingElsewhere > 0)
    findings.push(
      warning(
        'old_queues',
        `${counted(waitingElsewhere, 'row')} in old queues of other logins`,
        'redrain migrate',
        { count: waitingElsewhere },
      ),
    );
  return findings;
}

/** The same reason is said once. */
function unreadableQueues(fields: OldQueueFields): Finding[] {
  const { active_queue, legacy_queue, body_upload_compatibility: bodies } = fields;
  const errors = [active_queue, legacy_queue, bodies].flatMap((section) =>
    'error' in section ? [section.error] : [],
  );
  const advice = '`redrain migrate --dry-run` says what can be read of it';
  return [...new Set(errors)].map((error) => problem('old_queues', error, { advice }));
}

function pathsInScope({ fields, waitingFiles: waiting }: OldQueues): string {
  const inScope = [fields.active_queue.path, fields.legacy_queue.path];
  return waiting
    .map(({ path }) => path)
    .filter((path) => inScope.includes(path))
    .join(', ');
}
