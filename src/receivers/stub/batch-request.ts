import { memberArrayElements } from '../../json/elements.js';
import { isJsonObject, parseJson } from '../answer-body.js';
import type { ReceivedEvent } from './sink.js';

/** One element of a batch; without an id when it has no usable one. */
export interface BatchElement extends Partial<ReceivedEvent> {
  readonly eventId?: string;
  readonly eventType?: string;
  readonly bytes: Buffer;
}

/**
 * Reads `{"events":[…]}`: each element with its raw bytes out of the body.
 * Undefined when the body is anything else.
 */
export function readBatch(body: Buffer): BatchElement[] | undefined {
  const value = parseJson(body.toString('utf8'));
  if (!isJsonObject(value) || !Array.isArray(value.events)) return undefined;
  const events: unknown[] = value.events;
  const slices = memberArrayElements(body, 'events');
  if (slices?.length !== events.length) return undefined;
  return slices.map((bytes, index) => ({ ...identity(events[index]), bytes }));
}

function identity(event: unknown): { eventId?: string; eventType?: string } {
  if (!isJsonObject(event)) return {};
  const { event_id: eventId, event_type: eventType } = event;
  return {
    ...(typeof eventId === 'string' && eventId !== '' && { eventId }),
    ...(typeof eventType === 'string' && { eventType }),
  };
}
