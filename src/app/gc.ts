import { StorageUnavailableError } from '../files/storage-errors.js';
import { type Collected, collect, NOTHING_COLLECTED, survey } from '../retention/collecting.js';
import type { JobControl } from '../retention/job-control.js';
import type { Compaction, JournalSpace, SpaceWon } from '../retention/journal-space.js';
import { scopeOf } from '../retention/scope.js';
import type { App } from './app.js';
import { withRetentionLock } from './retention-lock.js';
import { typesByTarget } from './target-permission.js';

export interface GcRequest {
  /** Keep what was captured in the last so many days. */
  readonly keepDays?: number | undefined;
  readonly vacuum: boolean;
}

export interface GcReport extends Omit<Collected, 'undelivered'> {
  readonly dry_run: boolean;
  readonly vacuum: SpaceWon | null;
  /** Why the file could not be rewritten, which changed nothing; null when it was, or nobody asked for it. */
  readonly vacuum_error: string | null;
  /** Bytes of the journal that hold nothing: what `--vacuum` would free now. */
  readonly free_bytes: number;
}

/** What `gc` would do. Changes nothing, and needs no journal. */
export async function previewGc(
  app: App,
  request: GcRequest,
  control: JobControl,
): Promise<GcReport> {
  return app.reading(async ({ situation, stores }) => {
    if (stores === undefined) return reportOf(NOTHING_COLLECTED, true, null, 0);
    const types = await typesByTarget(stores.targets, situation);
    const scope = scopeOf(app.now(), request.keepDays, false, types);
    const found = await survey(stores.retention, scope, control);
    return reportOf(found, true, null, await stores.space.freeBytes());
  });
}

/** Purges the bytes of what every target has. */
export async function runGc(
  app: App,
  request: GcRequest,
  control: JobControl,
  shrink = (space: JournalSpace): Promise<Compaction> => space.compact(app.env),
): Promise<GcReport> {
  return app.writing(({ situation, stores: { retention, space, targets } }) =>
    withRetentionLock(app, control.signal, async () => {
      const types = await typesByTarget(targets, situation);
      const scope = scopeOf(app.now(), request.keepDays, false, types);
      const gone = await collect(retention, scope, app.now(), control);
      const { won, error } =
        request.vacuum && !gone.interrupted ? await shrunk(() => shrink(space)) : UNTOUCHED;
      return { ...reportOf(gone, false, won, await space.freeBytes()), vacuum_error: error };
    }),
  );
}

interface Shrunk {
  readonly won: SpaceWon | null;
  readonly error: string | null;
}

const UNTOUCHED: Shrunk = { won: null, error: null };

/** What was purged is on record already: a full disk must not make it look undone. */
async function shrunk(shrink: () => Promise<Compaction>): Promise<Shrunk> {
  try {
    const { remains: _remains, ...won } = await shrink();
    return { won, error: null };
  } catch (error) {
    if (error instanceof StorageUnavailableError) return { won: null, error: error.message };
    throw error;
  }
}

function reportOf(
  { undelivered: _none, ...collected }: Collected,
  dryRun: boolean,
  won: SpaceWon | null,
  free: number,
): GcReport {
  return { dry_run: dryRun, ...collected, vacuum: won, vacuum_error: null, free_bytes: free };
}
