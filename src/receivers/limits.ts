import type { BatchLimits } from '../dispatch/ports.js';

/** What a batch may hold when nobody says otherwise (docs/protocol.md, "Request"). */
export const DEFAULT_LIMITS: BatchLimits = { maxEvents: 1000, maxBytes: 512 * 1024 };

/** Bytes of `{"events":[]}` less the comma that the last event does not need. */
export const FRAME_BYTES = 12;

/**
 * Limits as the dispatcher uses them: `maxBytes` is what the `wireSize` of all
 * events of a batch may add up to, so the frame around them comes off here.
 */
export function roomForEvents(limits: BatchLimits): BatchLimits {
  return { maxEvents: limits.maxEvents, maxBytes: limits.maxBytes - FRAME_BYTES };
}
