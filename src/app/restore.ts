import { locateManifest, UnknownArchiveError } from '../retention/archive-manifest.js';
import type { JobControl } from '../retention/job-control.js';
import { type Restored, type RestoreOptions, restoreArchive } from '../retention/restoring.js';
import { SqliteRestore } from '../sqlite/retention/restore-store.js';
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
  const stores = app.readStores();
  if (stores === undefined) throw new UnknownArchiveError(wanted.join(', '));
  try {
    return {
      dry_run: true,
      archives: await restoreAll(app, stores.db, wanted, { dryRun: true, control, addMissing }),
    };
  } finally {
    stores.db.close();
  }
}

/**
 * Brings archives back into the journal, bytes identical; with `addMissing`
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
  const { db } = await app.stores();
  return withRetentionLock(app, control.signal, async () => ({
    dry_run: false,
    archives: await restoreAll(app, db, wanted, { dryRun: false, control, addMissing }),
  }));
}

async function restoreAll(
  app: App,
  db: ConstructorParameters<typeof SqliteRestore>[0],
  wanted: readonly string[],
  options: Omit<RestoreOptions, 'now'>,
): Promise<Restored[]> {
  const store = new SqliteRestore(db);
  const paths = wanted.map((name) => locateManifest(app.paths.archiveDir, name));
  const done: Restored[] = [];
  for (const path of paths)
    done.push(await restoreArchive(store, path, { now: app.now(), ...options }));
  return done;
}
