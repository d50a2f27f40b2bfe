import { type DrainReport, emptyReport } from '../dispatch/drain-report.js';
import type { Stores } from '../stores.js';
import {
  assertNotRetired,
  type TargetDescription,
  type TargetRecord,
} from '../targets/registry.js';
import type { App } from './app.js';
import {
  heldEvents,
  NO_TARGET,
  receiverOf,
  refuseSplitBrain,
  refuseSplitTarget,
  UnknownTargetError,
  withoutTarget,
} from './drain-target.js';
import { activeRow, lookUp, type NamedTarget } from './named-target.js';
import type { Situation } from './situation.js';
import { faultGate, modeGate, newStartOf, permissionAt } from './target-permission.js';

export interface PreviewOptions {
  readonly targetId?: number | undefined;
  /** A target by its name, id or address. */
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * What `now` would select, from counters. Opens no socket, writes nothing and
 * creates nothing.
 *
 * @throws SplitBrainError, UnknownTargetError, RetiredTargetError.
 */
export async function previewDrain(app: App, options: PreviewOptions): Promise<DrainReport> {
  const situation = await app.situation();
  refuseSplitBrain(situation, options.targetId ?? options.to);
  return app.readingStores(async (stores) => {
    const { record: target, description } = await named(stores, situation, options);
    if (target === undefined) return beforeFirstDrain(app, stores, situation, description, options);
    refuseSplitTarget(situation, target);
    assertNotRetired(target);
    return previewOf(app, stores as Stores, situation, target, options.limit);
  });
}

async function named(
  stores: Stores | undefined,
  situation: Situation,
  { targetId, to }: PreviewOptions,
): Promise<NamedTarget> {
  if (to !== undefined) return lookUp(stores?.targets, situation, to);
  const { description } = situation;
  if (targetId === undefined)
    return { record: await activeRow(stores?.targets, situation), description };
  const record = await stores?.targets.find(targetId);
  if (record === undefined) throw new UnknownTargetError(targetId);
  return { record, description: undefined };
}

/** A target that was never drained has no row yet; a drain would make it and send everything. */
async function beforeFirstDrain(
  app: App,
  stores: Stores | undefined,
  situation: Situation,
  description: TargetDescription | undefined,
  { to, limit }: PreviewOptions,
): Promise<DrainReport> {
  if (description === undefined) return withoutTarget(stores, situation, app.now());
  const gate = to === undefined ? situation.gate : modeGate(situation);
  if (gate !== undefined && to === undefined) return withoutTarget(stores, situation, app.now());
  const subject = { description };
  const permission = permissionAt(situation, subject);
  const newStart = await newStartOf(stores?.targets, situation, app.now(), subject);
  const backlog = await stores?.ledger.backlog(NO_TARGET, permission, newStart);
  const unsent = backlog?.unsent ?? 0;
  return {
    ...emptyReport(null),
    target_name: description.name ?? null,
    target_url: description.canonicalUrl,
    selected: gate === undefined ? Math.min(unsent, limit ?? Number.POSITIVE_INFINITY) : 0,
    unsent,
    held: heldEvents(backlog?.held ?? {}),
    excluded: backlog?.excluded ?? 0,
    blocked_reason: gate?.reason ?? null,
    message: gate?.message ?? null,
    advice: gate?.advice ?? null,
  };
}

async function previewOf(
  app: App,
  stores: Stores,
  situation: Situation,
  target: TargetRecord,
  limit: number | undefined,
): Promise<DrainReport> {
  const report = emptyReport({ id: target.id, name: target.name, url: target.canonicalUrl });
  const receiver = await receiverOf(app, situation, target);
  const gate =
    modeGate(situation) ?? faultGate(situation.settings, target) ?? (await receiver.closedGate());
  await receiver.close();
  const permission = permissionAt(situation, { record: target });
  const newStart = await newStartOf(stores.targets, situation, app.now(), { record: target });
  const backlog = await stores.ledger.backlog(target.id, permission, newStart);
  const { unsent, held, excluded, retryable } = backlog;
  report.selected = Math.min(unsent + retryable, limit ?? Number.POSITIVE_INFINITY);
  report.unsent = unsent;
  report.excluded = excluded;
  report.held = heldEvents(held);
  report.blocked_reason = gate?.reason ?? null;
  report.message = gate?.message ?? null;
  report.advice = gate?.advice ?? null;
  return report;
}
