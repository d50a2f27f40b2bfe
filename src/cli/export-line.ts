import type { ExportedEvent } from '../reports/event-list.js';

export interface ExportLine {
  readonly bytes: Buffer;
  /** True when the payload stands in base64 because it cannot be a line. */
  readonly isWrapped: boolean;
}

const NEWLINE = Buffer.from('\n');

/**
 * One event as one line of JSON Lines: its payload bytes, unchanged. A payload
 * that holds a line break, or is no JSON object at all, cannot be a line; it
 * becomes `{"event_id", "event_type", "sha256", "payload_base64"}` instead of
 * being reformatted. Undefined when the bytes are gone.
 */
export function exportLine(event: ExportedEvent): ExportLine | undefined {
  const { bytes } = event;
  if (bytes === null) return undefined;
  const fits = event.isDeliverable && !bytes.includes(10) && !bytes.includes(13);
  if (fits) return { bytes: Buffer.concat([bytes, NEWLINE]), isWrapped: false };
  const wrapped = {
    event_id: event.eventId,
    event_type: event.eventType,
    sha256: event.sha256,
    payload_base64: bytes.toString('base64'),
  };
  return { bytes: Buffer.from(`${JSON.stringify(wrapped)}\n`), isWrapped: true };
}
