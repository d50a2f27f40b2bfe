import type { SyncSettings } from '../config/settings.js';
import { permissionOf } from '../policy/permission.js';
import type { CountedCause } from '../reports/status-document.js';
import { type ArchivesInForce, archivesInForce } from '../retention/archives-in-force.js';
import { type Undelivered, undeliveredAt } from '../sqlite/reports/undelivered.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { activeRow } from './named-target.js';
import type { Stores } from './stores.js';

/** What one target lacks, and which archives hold some of it. */
export interface TargetGap {
  readonly undelivered: Undelivered;
  /** Why events are rejected, transient or failed for good there. */
  readonly causes: readonly CountedCause[];
  /** Archives that were not brought back; asked for only when something archived is lacking. */
  readonly archives: ArchivesInForce;
}

/** The gap of a known target, or of one that was never drained. Reads only; undefined without a journal. */
export async function gapOf(app: App, targetId: number | null): Promise<TargetGap | undefined> {
  const { settings } = await app.situation();
  return reading(app, async (stores) => {
    const target = targetId === null ? undefined : await stores.targets.find(targetId);
    return gapAt(app, stores, target, settings);
  });
}

/** The gap of the target in force; undefined when the mode has none, or there is no journal. */
export async function activeGap(app: App): Promise<TargetGap | undefined> {
  const situation = await app.situation();
  if (situation.active.state !== 'target') return undefined;
  return reading(app, async (stores) =>
    gapAt(app, stores, await activeRow(stores.targets, situation), situation.settings),
  );
}

function gapAt(
  app: App,
  stores: Stores,
  target: TargetRecord | undefined,
  { projectRules }: SyncSettings,
): TargetGap {
  const permission = permissionOf(projectRules, target?.settings.projects ?? 'all');
  const { undelivered, causes } = undeliveredAt(stores.db, target, permission, app.now());
  const archives = undelivered.archived > 0 ? archivesInForce(app.paths.archiveDir) : NONE;
  return { undelivered, causes, archives };
}

async function reading<T>(app: App, work: (stores: Stores) => Promise<T>): Promise<T | undefined> {
  const stores = app.readStores();
  if (stores === undefined) return undefined;
  try {
    return await work(stores);
  } finally {
    stores.db.close();
  }
}

const NONE: ArchivesInForce = { ids: [], command: null };
