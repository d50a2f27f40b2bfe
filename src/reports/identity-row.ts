import type { TargetIdentity } from '../targets/identity.js';
import type { TargetRecord } from '../targets/registry.js';
import type { TargetIdentityRow } from './status-document.js';

/** A known target as the status document names it. */
export const identityRow = (target: TargetRecord): TargetIdentityRow => ({
  target_id: target.id,
  canonical_url: target.canonicalUrl,
  team_slug: target.teamSlug,
  user_email: target.userEmail,
  reset_signal: target.resetSignal,
  label: target.label,
});

/** The current target; before its first drain it has an identity and no id. */
export function currentIdentity(
  target: TargetRecord | undefined,
  identity: TargetIdentity | undefined,
): TargetIdentityRow {
  if (target !== undefined) return identityRow(target);
  return {
    target_id: null,
    canonical_url: identity?.canonicalUrl ?? null,
    team_slug: identity?.teamSlug || null,
    user_email: identity?.userEmail || null,
    reset_signal: null,
    label: null,
  };
}
