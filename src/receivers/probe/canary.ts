import { randomBytes } from 'node:crypto';
import type { OutboundEvent } from '../../dispatch/ports.js';

/** The type of every canary, so that a receiver can leave them out. */
export const CANARY_TYPE = 'redrain.test';

export interface CanaryRequest {
  readonly count: number;
  /** Of each payload, about; as small as it gets when undefined. */
  readonly bytes?: number;
  /** Members that every payload has besides its own. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Events of nobody's journal: each has an id of its own, which holds both
 * cases, so that a receiver that changes ids is found.
 */
export function canaries({ count, bytes = 0, members, now }: CanaryRequest): OutboundEvent[] {
  const run = randomBytes(6).toString('hex');
  const timestamp = new Date(now).toISOString();
  return Array.from({ length: count }, (_, index) => {
    const eventId = `redrain-test-${run}-Q${index + 1}`;
    const own = { event_id: eventId, event_type: CANARY_TYPE, timestamp, canary: true };
    return {
      seq: index + 1,
      eventId,
      eventType: CANARY_TYPE,
      timestamp,
      bytes: payloadOf({ ...own, ...members, ...own }, bytes),
      carriesOwnId: true,
      isJson: true,
      undeliverable: null,
      generation: 1,
    };
  });
}

/** Filled up with what does not compress: a limit may count the bytes on the wire. */
function payloadOf(value: object, bytes: number): Buffer {
  const bare = Buffer.from(JSON.stringify(value));
  const missing = bytes - bare.length - FILLER_FRAME;
  if (missing <= 0) return bare;
  const filler = randomBytes(Math.ceil(missing * 0.75))
    .toString('base64')
    .slice(0, missing);
  return Buffer.from(JSON.stringify({ ...value, filler }));
}

const FILLER_FRAME = ',"filler":""'.length;
