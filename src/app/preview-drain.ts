import { type DrainReport, emptyReport } from '../dispatch/drain-report.js';
import { permissionOf } from '../policy/permission.js';
import type { Stores } from '../stores.js';
import { assertNotRetired, type TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import {
  heldEvents,
  receiverOf,
  refuseSplitBrain,
  refuseSplitTarget,
  UnknownTargetError,
  withoutTarget,
} from './drain-target.js';
import type { Situation } from './situation.js';
import { modeGate, settingsNow } from './target-permission.js';

/**
 * What `now` would select, from counters. Opens no socket, writes nothing and
 * creates nothing.
 *
 * @throws SplitBrainError, UnknownTargetError, RetiredTargetError.
 */
export async function previewDrain(
  app: App,
  options: { readonly targetId?: number | undefined; readonly limit?: number | undefined },
): Promise<DrainReport> {
  const situation = await app.situation();
  refuseSplitBrain(situation, options.targetId);
  return app.readingStores(async (stores) => {
    const target = await knownRow(stores, situation, options.targetId);
    if (target === undefined) return beforeFirstDrain(stores, situation, options.limit);
    refuseSplitTarget(situation, target);
    assertNotRetired(target);
    return previewOf(app, stores as Stores, situation, target, options.limit);
  });
}

async function knownRow(
  stores: Stores | undefined,
  situation: Situation,
  targetId: number | undefined,
): Promise<TargetRecord | undefined> {
  if (targetId === undefined)
    return situation.description && stores?.targets.findByKey(situation.description);
  const target = await stores?.targets.find(targetId);
  if (target === undefined) throw new UnknownTargetError(targetId);
  return target;
}

/** A target that was never drained has no row yet; a drain would make it and send everything. */
async function beforeFirstDrain(
  stores: Stores | undefined,
  situation: Situation,
  limit: number | undefined,
): Promise<DrainReport> {
  const report = await withoutTarget(stores, situation);
  if (situation.gate !== undefined || situation.description === undefined) return report;
  report.blocked_reason = null;
  report.target_url = situation.description.canonicalUrl;
  report.selected = Math.min(report.unsent, limit ?? Number.POSITIVE_INFINITY);
  return report;
}

async function previewOf(
  app: App,
  stores: Stores,
  situation: Situation,
  target: TargetRecord,
  limit: number | undefined,
): Promise<DrainReport> {
  const report = emptyReport({ id: target.id, url: target.canonicalUrl });
  const receiver = await receiverOf(app, situation, target);
  const gate = modeGate(situation.settings.mode) ?? (await receiver.closedGate());
  await receiver.close();
  const { projects } = settingsNow(situation, target);
  const permission = permissionOf(situation.settings.projectRules, projects);
  const { unsent, held, retryable } = await stores.ledger.backlog(target.id, permission);
  report.selected = Math.min(unsent + retryable, limit ?? Number.POSITIVE_INFINITY);
  report.unsent = unsent;
  report.held = heldEvents(held);
  report.blocked_reason = gate?.reason ?? null;
  report.message = gate?.message ?? null;
  return report;
}
