import { NO_TARGET } from '../reports/counts.js';
import type { CountedCause } from '../reports/ledger-section.js';
import { type Undelivered, undeliveredAt } from '../reports/undelivered.js';
import {
  type ArchivesInForce,
  archivesInForce,
  NO_ARCHIVES,
} from '../retention/archives-in-force.js';
import type { Stores } from '../stores.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { activeRow } from './named-target.js';
import type { Situation } from './situation.js';
import { newStartOf, permissionAt } from './target-permission.js';

/** What one target lacks, and which archives hold some of it. */
export interface TargetGap {
  readonly undelivered: Undelivered;
  /** Why events are rejected, transient or failed for good there. */
  readonly causes: readonly CountedCause[];
  /** Archives that were not brought back; asked for only when something archived is lacking. */
  readonly archives: ArchivesInForce;
}

/** The gap of a known target, or of one that was never drained. Reads only; undefined without a journal. */
export function gapOf(app: App, targetId: number | null): Promise<TargetGap | undefined> {
  return app.reading(async ({ situation, stores }) => {
    if (stores === undefined) return undefined;
    const target = targetId === null ? undefined : await stores.targets.find(targetId);
    return gapAt(app, stores, target, situation);
  });
}

/** The gap of the target in force; undefined when the mode has none, or there is no journal. */
export function activeGap(app: App): Promise<TargetGap | undefined> {
  return app.reading(async ({ situation, stores }) => {
    if (stores === undefined || situation.active.state !== 'target') return undefined;
    const target = await activeRow(stores.targets, situation);
    return gapAt(app, stores, target, situation);
  });
}

async function gapAt(
  app: App,
  { reports, targets }: Stores,
  target: TargetRecord | undefined,
  situation: Situation,
): Promise<TargetGap> {
  const targetId = target?.id ?? NO_TARGET;
  const permission = permissionAt(situation, { record: target });
  const newStart = await newStartOf(targets, situation, app.now(), { record: target });
  const counts = await reports.counts([{ targetId, permission, newStart }]);
  const { undelivered, causes } = undeliveredAt(counts, targetId);
  const archives = undelivered.archived > 0 ? archivesInForce(app.paths.archiveDir) : NO_ARCHIVES;
  return { undelivered, causes, archives };
}
