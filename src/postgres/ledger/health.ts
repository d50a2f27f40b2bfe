import type { TargetHealth } from '../../dispatch/ports.js';
import { storable } from '../text.js';

/** The health of a target as its statements take it. */
export function healthValues(health: TargetHealth): TargetHealth {
  return { ...health, blockedMessage: storable(health.blockedMessage) };
}
