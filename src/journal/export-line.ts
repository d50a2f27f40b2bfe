import { readEnvelope } from './envelope.js';
import { type WrappedEvent, wrap } from './wrapped-event.js';

/** One event of an export. */
export interface ExportLine {
  /** Without the line break. */
  readonly bytes: Buffer;
  /** False when the bytes of the event are the line. */
  readonly isWrapped: boolean;
}

/**
 * An event as one line of JSON Lines that `redrain capture` reads as the same
 * event: the same id, type and bytes. Its bytes alone where that is enough,
 * else wrapped. Nothing is ever reformatted.
 */
export function exportLine(event: WrappedEvent & { readonly sha256: string }): ExportLine {
  const { bytes } = event;
  const envelope = readEnvelope(bytes, { maxEventBytes: Number.POSITIVE_INFINITY });
  const isLine = isOneLine(bytes);
  const isSame =
    envelope.ok &&
    envelope.wrapped === null &&
    envelope.eventId === event.eventId &&
    envelope.eventType === event.eventType;
  if (isLine && isSame && event.undeliverable === null) return { bytes, isWrapped: false };
  const isInline = isLine && isJsonObject(bytes);
  return { bytes: wrap(event, event.sha256, isInline), isWrapped: true };
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Blanks around the object would be taken for noise around the line. */
const isOneLine = (bytes: Buffer): boolean =>
  bytes[0] === OPEN && bytes.at(-1) === CLOSE && !bytes.includes(10) && !bytes.includes(13);

function isJsonObject(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
