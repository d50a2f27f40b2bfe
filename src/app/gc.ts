import {
  type Collected,
  type Course,
  collect,
  NOTHING_COLLECTED,
  survey,
} from '../retention/collecting.js';
import { fileSpace, type SpaceWon, vacuum } from '../retention/maintenance.js';
import { scopeOf } from '../retention/scope.js';
import { SqliteRetention } from '../retention/sqlite-retention.js';
import type { App } from './app.js';
import { withRetentionLock } from './retention-lock.js';

export interface GcRequest {
  /** Keep what was captured in the last so many days. */
  readonly keepDays?: number | undefined;
  readonly vacuum: boolean;
}

export interface GcReport extends Omit<Collected, 'undelivered'> {
  readonly dry_run: boolean;
  readonly vacuum: SpaceWon | null;
  /** Bytes of the file that hold nothing: what `--vacuum` would win now. */
  readonly free_bytes: number;
}

/** What `gc` would do. Changes nothing, and needs no journal. */
export async function previewGc(app: App, request: GcRequest, course: Course): Promise<GcReport> {
  const stores = app.readStores();
  if (stores === undefined) return reportOf(NOTHING_COLLECTED, true, null, 0);
  try {
    const scope = scopeOf(app.now(), request.keepDays);
    const found = await survey(new SqliteRetention(stores.db), scope, course);
    return reportOf(found, true, null, fileSpace(stores.db).free);
  } finally {
    stores.db.close();
  }
}

/** Purges the bytes of what every target has (SPEC section 9). */
export async function runGc(app: App, request: GcRequest, course: Course): Promise<GcReport> {
  const { db } = await app.stores();
  return withRetentionLock(app, course.signal, async () => {
    const scope = scopeOf(app.now(), request.keepDays);
    const gone = await collect(new SqliteRetention(db), scope, app.now(), course);
    const won = request.vacuum && !gone.interrupted ? await vacuum(db, app.env) : null;
    return reportOf(gone, false, won, fileSpace(db).free);
  });
}

function reportOf(
  { undelivered: _none, ...collected }: Collected,
  dryRun: boolean,
  won: SpaceWon | null,
  free: number,
): GcReport {
  return { dry_run: dryRun, ...collected, vacuum: won, free_bytes: free };
}
