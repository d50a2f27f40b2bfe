import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BatchLimits, OutboundEvent, OutboundShape } from '../dispatch/ports.js';
import { CommaList } from './comma-list.js';

const HEAD = Buffer.from('{"events":[');
const COMMA = Buffer.from(',');
const TAIL = Buffer.from(']}');
const ENVELOPE_TAIL = Buffer.from('}');
/** Half the time of level 6 for a tenth more bytes, measured on real events. */
const GZIP_LEVEL = 1;

const gzipAsync = promisify(gzip);

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

/** Payload bytes as one receiver wants them on the wire; most take them as they are. */
export type Adapt = (bytes: Buffer) => Buffer;

/**
 * One request body, `{"events":[…]}` (docs/protocol.md): payload bytes spliced in
 * unchanged, unless `adapt` makes other bytes of those that travel bare. Events
 * that carry no id of their own travel inside an envelope, untouched, so that
 * a receiver can dedupe and answer.
 */
export function composeBody(
  batch: readonly OutboundEvent[],
  adapt: Adapt = (bytes) => bytes,
): Buffer {
  const events = new CommaList(HEAD);
  for (const event of batch)
    if (event.carriesOwnId) events.add(adapt(event.bytes));
    else events.addJoined(envelopeHead(event), event.bytes, ENVELOPE_TAIL);
  return events.joined(TAIL);
}

/**
 * Bytes one event takes in a body, separator included and the frame not.
 * Exact for bytes that are not adapted.
 */
export function wireSize(event: OutboundShape): number {
  const separator = COMMA.length;
  if (event.carriesOwnId) return event.size + separator;
  return envelopeHead(event).length + event.size + ENVELOPE_TAIL.length + separator;
}

/** Compresses off the event loop. */
export function compressBody(body: Buffer): Promise<Buffer> {
  return gzipAsync(body, { level: GZIP_LEVEL });
}

type Identified = Pick<OutboundShape, 'eventId' | 'eventType' | 'timestamp'>;

function envelopeHead({ eventId, eventType, timestamp }: Identified): Buffer {
  const members = JSON.stringify({ event_id: eventId, event_type: eventType, timestamp });
  return Buffer.from(`${members.slice(0, -1)},"payload":`);
}
