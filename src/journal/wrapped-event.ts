import { createHash } from 'node:crypto';
import type { RawEvent } from './input/deciding.js';
import type { JsonObject } from './input/fields.js';

/**
 * An event as a line of an export, where its bytes alone would be captured as
 * another one, or do not fit on a line: with its id and type beside them.
 *
 * `{"redrain_export":1,"event_id":"…","event_type":"…","sha256":"…","payload":{…}}`
 *
 * `payload` are the bytes themselves; those that cannot stand in a line of JSON
 * are in `payload_base64` instead. `undeliverable` says why no receiver may be
 * given it, where there is a reason. The form is described in docs/status.md.
 */
export interface WrappedEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly undeliverable: string | null;
  /** The exact bytes of the event. */
  readonly bytes: Buffer;
}

const MARK = 'redrain_export';
const FORMAT = 1;

/**
 * Its line, without the line break. `sha256` in hexadecimal, as the journal has
 * it. `isInline`: the bytes are one JSON object on one line.
 */
export function wrap(event: WrappedEvent, sha256: string, isInline: boolean): Buffer {
  const { eventId, eventType, undeliverable, bytes } = event;
  const head = {
    [MARK]: FORMAT,
    event_id: eventId,
    event_type: eventType,
    ...(undeliverable === null ? {} : { undeliverable }),
    sha256,
  };
  if (!isInline)
    return Buffer.from(JSON.stringify({ ...head, payload_base64: bytes.toString('base64') }));
  const open = JSON.stringify(head).slice(0, -1);
  return Buffer.concat([Buffer.from(`${open},"payload":`), bytes, CLOSE]);
}

const CLOSE = Buffer.from('}');

/** True for an object that says it wraps an event, whether it is whole or not. */
export const isWrapped = (event: JsonObject): boolean => typeof event[MARK] === 'number';

/** The event that an object wraps, or the problem of one that was changed. */
export function unwrap(event: JsonObject, raw: RawEvent): WrappedEvent | string {
  const { [MARK]: format, event_id, event_type, sha256, undeliverable = null } = event;
  if (format !== FORMAT)
    return `${MARK} is ${String(format)}: a line of an export that this redrain cannot read`;
  for (const [key, value] of Object.entries({ event_id, event_type, sha256 }))
    if (typeof value !== 'string') return `a line of an export without ${key} as a string`;
  if (undeliverable !== null && typeof undeliverable !== 'string')
    return 'a line of an export without undeliverable as a string';
  const bytes = bytesIn(event, raw);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    return 'a line of an export that was changed: its payload does not have the sha256 that it names';
  return { eventId: event_id as string, eventType: event_type as string, undeliverable, bytes };
}

function bytesIn(event: JsonObject, raw: RawEvent): Buffer {
  const { payload_base64: encoded } = event;
  return typeof encoded === 'string'
    ? Buffer.from(encoded, 'base64')
    : Buffer.from(raw.textAt('payload') ?? '');
}

/** Enough for what stands beside the payload. */
const HEAD_BYTES = 8 * 1024;

/** The longest line that an event of this size is wrapped in: base64 takes four bytes for three. */
export const wrappedRoom = (maxEventBytes: number): number =>
  Math.ceil(maxEventBytes / 3) * 4 + HEAD_BYTES;

/** Told by the first bytes, before anything is parsed. */
export const mayBeWrapped = (bytes: Buffer): boolean =>
  bytes.subarray(0, HEAD_BYTES).includes(`"${MARK}"`);
