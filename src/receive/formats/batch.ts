import { arrayElements, memberArrayElements } from '../../json/elements.js';
import type { DecodedRequest } from '../formats.js';
import { parseBounded } from '../json-body.js';
import { assertCount } from '../limits.js';
import type { RequestElement } from '../received-event.js';
import { badRequest } from '../refusal.js';
import { fieldsOf, generationOf, isJsonObject } from './fields.js';

const USUAL_START = Buffer.from('{"events":[');

/** Reads `{"events":[…]}`, or a bare list: each element with its raw bytes out of the body. */
export function readBatch({ headers, body, limits }: DecodedRequest): RequestElement[] {
  const value = parseBounded(body, limits);
  const isBare = Array.isArray(value);
  const events: unknown = isJsonObject(value) ? value.events : value;
  if (!Array.isArray(events)) throw badRequest('the body is neither {"events":[…]} nor a list');
  assertCount(events.length, limits);
  const slices = isBare ? listElements(body) : (rawElements(body) ?? []);
  const format = isBare ? 'json' : 'batch';
  const generation = generationOf(headers);
  return slices.map((bytes, index) => element(events[index], bytes, format, generation));
}

const listElements = (body: Buffer): Buffer[] =>
  arrayElements(body, 0).ranges.map(([start, stop]) => body.subarray(start, stop));

/** One event that has its id in its payload. */
export function element(
  data: unknown,
  bytes: Buffer,
  format: 'batch' | 'lines' | 'json',
  generation: number,
): RequestElement {
  const fields = fieldsOf(data, bytes);
  const { id } = fields;
  if (id === undefined) return { reason: 'no event_id in this event' };
  return { ...fields, id, data, bytes, format, generation };
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
