import type { WayOut } from '../policy/capture-reason.js';
import { policyOf } from '../policy/mode.js';
import { mayBeAlive, parseHolder } from '../targets/holder.js';
import type { TargetRecord } from '../targets/registry.js';
import type { Situation } from './situation.js';

/** What stands between an event and the active target, as far as this machine can tell. */
export function wayOut(situation: Situation, target: TargetRecord | undefined): WayOut {
  const { settings, active, gate } = situation;
  const unreadable = situation.config.state === 'unreadable';
  const needsPermission = active.state === 'target' && active.settings.projects === 'allowed';
  return {
    delivers: unreadable || policyOf(settings.mode).delivery !== 'none',
    gate: gate?.reason ?? null,
    projectRules: needsPermission ? settings.projectRules : null,
    isDrained: target !== undefined && isDrainedByAnother(target),
    lastBlocked: NEEDS_NETWORK.find((reason) => reason === target?.blockedReason) ?? null,
  };
}

/** Reasons only a drain can find; all others are judged afresh, so that they clear by themselves. */
const NEEDS_NETWORK = ['missing_auth', 'private_teamspace_gate', 'network_unavailable'] as const;

function isDrainedByAnother(target: TargetRecord): boolean {
  const holder = parseHolder(target.leaseHolder);
  return holder !== undefined && holder.pid !== process.pid && mayBeAlive(holder);
}
