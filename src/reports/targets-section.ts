import type { TargetIdentity } from '../targets/identity.js';
import type { ResetSignalRecord, TargetRecord } from '../targets/registry.js';
import type { TargetLedger } from './ledger-section.js';

/** The section `delivery_targets` of `status` (docs/status.md). */
export interface TargetsSection {
  readonly current: TargetIdentityRow;
  /** First seen first, only those that were given events. */
  readonly previous: readonly (TargetIdentityRow & { readonly delivered_count: number })[];
}

export interface TargetIdentityRow {
  readonly target_id: number | null;
  readonly target_name: string | null;
  readonly canonical_url: string | null;
  readonly team_slug: string | null;
  readonly user_email: string | null;
  readonly label: string | null;
  readonly reset_signal: ResetSignalRecord | null;
}

/** The section. `identity` is what the current target is, also before it has a row. */
export function targetsSection(
  targets: readonly TargetRecord[],
  current: TargetRecord | undefined,
  identity: (TargetIdentity & { readonly name?: string | undefined }) | undefined,
  perTarget: readonly TargetLedger[],
): TargetsSection {
  const delivered = new Map(perTarget.map((row) => [row.target_id, row.delivered]));
  const previous = targets
    .filter(({ id }) => id !== current?.id)
    .map((target) => ({ ...identityRow(target), delivered_count: delivered.get(target.id) ?? 0 }))
    .filter((row) => row.delivered_count > 0);
  return { current: current === undefined ? unknownRow(identity) : identityRow(current), previous };
}

const identityRow = (target: TargetRecord): TargetIdentityRow => ({
  target_id: target.id,
  target_name: target.name,
  canonical_url: target.canonicalUrl,
  team_slug: target.teamSlug,
  user_email: target.userEmail,
  reset_signal: target.resetSignal,
  label: target.label,
});

/** Before its first drain a target has an identity and no id. */
const unknownRow = (
  identity: (TargetIdentity & { readonly name?: string | undefined }) | undefined,
): TargetIdentityRow => ({
  target_id: null,
  target_name: identity?.name ?? null,
  canonical_url: identity?.canonicalUrl ?? null,
  team_slug: identity?.teamSlug || null,
  user_email: identity?.userEmail || null,
  reset_signal: null,
  label: null,
});
