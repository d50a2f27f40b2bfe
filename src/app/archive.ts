import { ArchiveDirectory } from '../retention/archive-directory.js';
import { type Archived, archiveEvents } from '../retention/archiving.js';
import { NOTHING_COLLECTED, survey } from '../retention/collecting.js';
import type { JobControl } from '../retention/job-control.js';
import { scopeOf } from '../retention/scope.js';
import type { App } from './app.js';
import { withRetentionLock } from './retention-lock.js';

export interface ArchiveRequest {
  /** Leave what was captured in the last so many days. */
  readonly keepDays?: number | undefined;
  /** Also events some target lacks: they are not selected any more. */
  readonly includeUndelivered: boolean;
}

export interface ArchiveReport extends Archived {
  readonly dry_run: boolean;
  readonly directory: string;
}

/** What `archive` would do. Changes nothing, and needs no journal. */
export async function previewArchive(
  app: App,
  request: ArchiveRequest,
  control: JobControl,
): Promise<ArchiveReport> {
  const directory = app.paths.archiveDir;
  const nothing = { dry_run: true, directory, ...NOTHING_COLLECTED, archives: [] };
  return app.readingStores(async (stores) => {
    if (stores === undefined) return nothing;
    return { ...nothing, ...(await survey(stores.retention, scope(app, request), control)) };
  });
}

/** Moves bytes into archives that were read back and found whole. */
export async function runArchive(
  app: App,
  request: ArchiveRequest,
  control: JobControl,
): Promise<ArchiveReport> {
  const directory = new ArchiveDirectory(app.paths.archiveDir);
  return app.writing(({ stores: { retention } }) =>
    withRetentionLock(app, control.signal, async () => {
      const job = { retention, directory, scope: scope(app, request), now: app.now(), control };
      return { dry_run: false, directory: directory.path, ...(await archiveEvents(job)) };
    }),
  );
}

function scope(app: App, request: ArchiveRequest) {
  return scopeOf(app.now(), request.keepDays, request.includeUndelivered);
}
