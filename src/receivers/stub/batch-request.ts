import { arrayElements, memberArrayElements } from '../../json/elements.js';
import { isJsonObject, parseJson } from '../mapping/answer-body.js';
import type { ReceivedEvent } from './sink.js';

/** One element of a batch; without an id when it has no usable one. */
export interface BatchElement extends Partial<ReceivedEvent> {
  readonly eventId?: string;
  readonly eventType?: string;
  readonly bytes: Buffer;
}

const USUAL_START = Buffer.from('{"events":[');

/**
 * Reads `{"events":[…]}`: each element with its raw bytes out of the body.
 * Undefined when the body is anything else.
 */
export function readBatch(body: Buffer): BatchElement[] | undefined {
  const value = parseJson(body.toString('utf8'));
  if (!isJsonObject(value) || !Array.isArray(value.events)) return undefined;
  const events: unknown[] = value.events;
  const slices = rawElements(body);
  if (slices?.length !== events.length) return undefined;
  return slices.map((bytes, index) => ({ ...identity(events[index]), bytes }));
}

/**
 * The usual body is read in one scan. The general way needs two, one to find
 * the last `events` of several.
 */
function rawElements(body: Buffer): Buffer[] | undefined {
  const { length } = USUAL_START;
  if (!body.subarray(0, length).equals(USUAL_START)) return memberArrayElements(body, 'events');
  const { ranges, end } = arrayElements(body, length - 1);
  if (body.toString('latin1', end).trim() !== '}') return memberArrayElements(body, 'events');
  return ranges.map(([start, stop]) => body.subarray(start, stop));
}

function identity(event: unknown): { eventId?: string; eventType?: string } {
  if (!isJsonObject(event)) return {};
  const { event_id: eventId, event_type: eventType } = event;
  return {
    ...(typeof eventId === 'string' && eventId !== '' && { eventId }),
    ...(typeof eventType === 'string' && { eventType }),
  };
}
