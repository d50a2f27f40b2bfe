import { randomUUID } from 'node:crypto';
import { type OutboundEvent, type OutboundShape, PAYLOAD_GONE } from '../../dispatch/ports.js';
import {
  CARRIED,
  type Carried,
  EDGE_HEADER,
  HUB_VERSION,
  type HubHead,
  type HubRow,
} from '../../edges/hub-head.js';
import { CLOSE_BRACE, OPEN_BRACE } from '../../json/ascii.js';
import { isJsonText } from '../unsendable.js';
import type { FormatGiven, HubSender, RequestFormat } from './format.js';
import { numbersOf, OriginTable } from './hub-numbers.js';

const HEAD = Buffer.from('{"hub":');
const EVENTS = Buffer.from(',"events":[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from('}');
const TAIL = Buffer.from(']}');
/** The head without its lists, the frame, and what stands beside a payload. */
const HEAD_BYTES = 1_024;
const ROW_BYTES = 160;

/** A batch, and who sends it (docs/protocol.md, "hub"). Every event can travel, whatever its bytes. */
export function hubFormat({ sender, now }: FormatGiven): RequestFormat {
  return {
    isSingle: false,
    isCompressible: true,
    frameBytes: HEAD_BYTES,
    owns: (header) => header === EDGE_HEADER,
    compose: (batch) => {
      const carried = batch.map(carriedHow);
      const head = JSON.stringify(headOf(batch, carried, sender, now()));
      const events = batch.flatMap((event, at) => {
        const pieces = piecesOf(event, carried[at] ?? CARRIED.bare);
        return at === 0 ? pieces : [COMMA, ...pieces];
      });
      return {
        body: Buffer.concat([HEAD, Buffer.from(head), EVENTS, ...events, TAIL]),
        headers: { 'Content-Type': 'application/json', [EDGE_HEADER]: sender.home },
      };
    },
    wireSize,
    unsendable: ({ bytes }) => (bytes.length === 0 ? PAYLOAD_GONE : undefined),
  };
}

function headOf(
  batch: readonly OutboundEvent[],
  carried: readonly Carried[],
  { home, instance, host, stream }: HubSender,
  now: number,
): HubHead {
  const origins = new OriginTable();
  const events = batch.map(
    (event, at): HubRow => [
      event.seq,
      origins.placeOf(event),
      event.eventId,
      event.timestamp,
      carried[at] ?? CARRIED.bare,
    ],
  );
  return {
    version: HUB_VERSION,
    ...{ home, instance, host, stream },
    request: randomUUID(),
    sent_at: now,
    newest_at: newestOf(batch),
    ...numbersOf(batch),
    origins: origins.rows,
    events,
  };
}

function newestOf(batch: readonly OutboundEvent[]): number | null {
  const newest = Math.max(...batch.map(({ capturedAt = Number.NEGATIVE_INFINITY }) => capturedAt));
  return Number.isFinite(newest) ? newest : null;
}

/** Blanks around an object would be lost in a list, and other bytes would break it. */
function carriedHow(event: OutboundEvent): Carried {
  const { bytes, carriesOwnId, undeliverable } = event;
  const isWhole = bytes[0] === OPEN_BRACE && bytes.at(-1) === CLOSE_BRACE && isJsonText(event);
  if (!isWhole) return CARRIED.base64;
  return carriesOwnId && undeliverable === null ? CARRIED.bare : CARRIED.wrapped;
}

function piecesOf(event: OutboundEvent, carried: Carried): Buffer[] {
  const { bytes, eventId, eventType, timestamp, undeliverable } = event;
  if (carried === CARRIED.bare) return [bytes];
  const said = undeliverable === null ? {} : { undeliverable };
  const members = { event_id: eventId, event_type: eventType, timestamp, ...said };
  if (carried === CARRIED.base64)
    return [Buffer.from(JSON.stringify({ ...members, payload_base64: bytes.toString('base64') }))];
  return [Buffer.from(`${JSON.stringify(members).slice(0, -1)},"payload":`), bytes, CLOSE];
}

function wireSize(event: OutboundShape): number {
  const { eventId, eventType, timestamp, size, origin, isJson } = event;
  const { projectUuid = null, repoSlug = null, checkout = null } = origin ?? {};
  const texts = [projectUuid, repoSlug, checkout, eventType, timestamp];
  const named = event.carriesOwnId ? [eventId] : [eventId, eventId, eventType, timestamp];
  const payload = isJson === true ? size : Math.ceil(size / 3) * 4;
  return payload + ROW_BYTES + Buffer.byteLength(JSON.stringify([texts, named]));
}
