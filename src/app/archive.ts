import { ArchiveDirectory } from '../retention/archive-directory.js';
import { type Archived, archiveEvents } from '../retention/archiving.js';
import { NOTHING_COLLECTED, survey } from '../retention/collecting.js';
import type { JobControl } from '../retention/job-control.js';
import { type RetentionScope, scopeOf } from '../retention/scope.js';
import type { Stores } from '../stores.js';
import type { App } from './app.js';
import { withRetentionLock } from './retention-lock.js';
import type { Situation } from './situation.js';
import { typesByTarget } from './target-permission.js';

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
  return app.reading(async ({ situation, stores }) => {
    if (stores === undefined) return nothing;
    const scope = await scopeNow(app, request, situation, stores);
    return { ...nothing, ...(await survey(stores.retention, scope, control)) };
  });
}

/** Moves bytes into archives that were read back and found whole. */
export async function runArchive(
  app: App,
  request: ArchiveRequest,
  control: JobControl,
): Promise<ArchiveReport> {
  const directory = new ArchiveDirectory(app.paths.archiveDir);
  return app.writing(({ situation, stores }) =>
    withRetentionLock(app, control.signal, async () => {
      const scope = await scopeNow(app, request, situation, stores);
      const job = { retention: stores.retention, directory, scope, now: app.now(), control };
      return { dry_run: false, directory: directory.path, ...(await archiveEvents(job)) };
    }),
  );
}

async function scopeNow(
  app: App,
  { keepDays, includeUndelivered }: ArchiveRequest,
  situation: Situation,
  { targets }: Stores,
): Promise<RetentionScope> {
  const types = await typesByTarget(targets, situation);
  return scopeOf(app.now(), keepDays, includeUndelivered, types);
}
