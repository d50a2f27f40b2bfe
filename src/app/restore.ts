import { locateManifest, UnknownArchiveError } from '../retention/archive-manifest.js';
import type { JobControl } from '../retention/job-control.js';
import type { RestoreStore } from '../retention/restore-store.js';
import { type Restored, type RestoreOptions, restoreArchive } from '../retention/restoring.js';
import type { App } from './app.js';
import { withRetentionLock } from './retention-lock.js';

export interface RestoreReport {
  readonly dry_run: boolean;
  readonly archives: readonly Restored[];
}

/**
 * What `restore` would do: each archive is read and checked all the same.
 *
 * @throws UnknownArchiveError, ArchiveDamagedError
 */
export async function previewRestore(
  app: App,
  wanted: readonly string[],
  control: JobControl,
  addMissing = false,
): Promise<RestoreReport> {
  return app.readingStores(async (stores) => {
    if (stores === undefined) throw new UnknownArchiveError(wanted.join(', '));
    const options = { dryRun: true, control, addMissing };
    return { dry_run: true, archives: await restoreAll(app, stores.restoring, wanted, options) };
  });
}

/**
 * Restores archives into the journal, bytes identical; with `addMissing`
 * also events that this journal never had, which every target then gets.
 *
 * @throws UnknownArchiveError, ArchiveDamagedError before that archive changes anything.
 */
export async function runRestore(
  app: App,
  wanted: readonly string[],
  control: JobControl,
  addMissing = false,
): Promise<RestoreReport> {
  const options = { dryRun: false, control, addMissing };
  return app.writing(({ stores: { restoring } }) =>
    withRetentionLock(app, control.signal, async () => ({
      dry_run: false,
      archives: await restoreAll(app, restoring, wanted, options),
    })),
  );
}

async function restoreAll(
  app: App,
  store: RestoreStore,
  wanted: readonly string[],
  options: Omit<RestoreOptions, 'now'>,
): Promise<Restored[]> {
  const paths = wanted.map((name) => locateManifest(app.paths.archiveDir, name));
  const done: Restored[] = [];
  for (const path of paths)
    done.push(await restoreArchive(store, path, { now: app.now(), ...options }));
  return done;
}
