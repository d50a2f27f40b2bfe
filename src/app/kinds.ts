import { policyOf } from '../policy/mode.js';
import { EXTERNAL, MODULE, STUB } from '../receivers/endpoint-kinds.js';
import type { TargetKindRow } from '../receivers/kind.js';
import { TEAMSPACE, type TeamspaceCircumstances } from '../spec-kitty/teamspace-kind.js';
import { type ActiveTarget, whyNone } from '../targets/active-target.js';
import type { TargetKind } from '../targets/registry.js';

/** A row of the table, for those who know all that any of them asks for. */
export type KindRow = TargetKindRow<TeamspaceCircumstances>;

/** Every kind of target there is. A new one is a row here, and a receiver. */
export const KINDS: Readonly<Record<TargetKind, KindRow>> = {
  teamspace: TEAMSPACE,
  external: EXTERNAL,
  stub: STUB,
  module: MODULE,
};

/** The kind of a target. */
export const kindOf = ({ kind }: { readonly kind: TargetKind }): KindRow => KINDS[kind];

/** The target that the mode delivers to, and its kind; no kind while the mode delivers nothing. */
export interface Destination {
  readonly active: ActiveTarget;
  readonly kind: KindRow | undefined;
}

/** The destination that the configuration means, whatever its mode. */
export function destinationOf(at: TeamspaceCircumstances): Destination {
  const { delivery } = policyOf(at.settings.mode);
  if (delivery === 'none')
    return {
      active: { state: 'none', ...whyNone(at.settings, at.usesSpecKitty) },
      kind: undefined,
    };
  const kind = KINDS[delivery];
  const active = configuredTarget(kind, at);
  // An endpoint's address decides of which of two kinds it is.
  return { active, kind: active.state === 'target' ? kindOf(active.identity) : kind };
}

/** Nothing is decided in place of a configuration that cannot be read. */
function configuredTarget(kind: KindRow, at: TeamspaceCircumstances): ActiveTarget {
  if (at.config.state === 'unreadable') return { state: 'error', message: at.config.reason };
  return kind.configured(at);
}
