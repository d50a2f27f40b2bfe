import {
  DRAIN_BLOCKED_REASONS,
  type DrainBlockedReason,
  type ProjectFields,
} from '../dispatch/ports.js';
import { type ProjectRules, projectPermission } from './projects.js';

/** What is known, without any network, of the way to the active target. */
export interface WayOut {
  /** False when the mode delivers nothing: then nothing is blocked either. */
  readonly delivers: boolean;
  /** The first closed gate of the receiver, or null. */
  readonly gate: DrainBlockedReason | null;
  /** Rules to ask where projects need permission; null where every project may leave. */
  readonly projectRules: ProjectRules | null;
  /** Another process is draining the target right now. */
  readonly isDrained: boolean;
  /** What the last drain found in the way, or null. */
  readonly lastBlocked: DrainBlockedReason | null;
}

/**
 * The one reason that holds for events of an origin at this moment, the first in
 * the order of `DRAIN_BLOCKED_REASONS`; null when nothing stands in the way.
 */
export function blockedReason(way: WayOut, origin: ProjectFields): DrainBlockedReason | null {
  if (!way.delivers) return null;
  const project =
    way.projectRules === null ? null : projectPermission(origin, way.projectRules).reason;
  const reasons = [way.gate, project, way.isDrained ? 'daemon_lock' : null, way.lastBlocked];
  return DRAIN_BLOCKED_REASONS.find((reason) => reasons.includes(reason)) ?? null;
}
