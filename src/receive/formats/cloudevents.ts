import { arrayElements } from '../../json/elements.js';
import type { DecodedRequest } from '../formats.js';
import { parseBounded } from '../json-body.js';
import { assertCount } from '../limits.js';
import type { RequestElement } from '../received-event.js';
import { badRequest } from '../refusal.js';
import { generationOf, headerText, isJsonObject, type JsonObject } from './fields.js';
import { payloadOf } from './webhook.js';

/** Members of a CloudEvent in JSON that are no attributes. */
const DATA_MEMBERS = new Set(['data', 'data_base64']);

/** A whole CloudEvent as the body. */
export function readStructured({ headers, body, limits }: DecodedRequest): RequestElement[] {
  return [structuredEvent(parseBounded(body, limits), body, generationOf(headers))];
}

/** A list of whole CloudEvents. */
export function readCloudEventBatch({ headers, body, limits }: DecodedRequest): RequestElement[] {
  const events = parseBounded(body, limits);
  if (!Array.isArray(events)) throw badRequest('the body is no list of CloudEvents');
  assertCount(events.length, limits);
  const generation = generationOf(headers);
  const { ranges } = arrayElements(body, 0);
  return ranges.map(([start, end], index) =>
    structuredEvent(events[index], body.subarray(start, end), generation),
  );
}

/** The attributes in headers, the data as the body. */
export function readBinary(request: DecodedRequest): RequestElement[] {
  const { headers, body } = request;
  const attributes: Record<string, string> = {};
  for (const [name, value] of headers)
    if (name.startsWith('ce-')) attributes[name.slice(3)] = headerText(value);
  const contentType = headers.get('content-type');
  if (contentType !== null) attributes.datacontenttype = contentType;
  const data = body.length === 0 ? undefined : payloadOf(request);
  return [cloudEvent(attributes, data, body, generationOf(headers))];
}

function structuredEvent(value: unknown, bytes: Buffer, generation: number): RequestElement {
  if (!isJsonObject(value)) return { reason: 'this is no CloudEvent: it is no object' };
  const attributes = Object.fromEntries(
    Object.entries(value).filter(([name]) => !DATA_MEMBERS.has(name)),
  );
  const { data, data_base64: encoded } = value;
  const payload = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : data;
  return cloudEvent(attributes, payload, bytes, generation);
}

function cloudEvent(
  attributes: JsonObject,
  data: unknown,
  bytes: Buffer,
  generation: number,
): RequestElement {
  const { id, source, type, time, specversion } = attributes;
  const named = isText(id) ? { id } : {};
  if (!isText(id) || !isText(source) || !isText(type))
    return { ...named, reason: 'a CloudEvent needs id, source and type' };
  if (!isText(specversion) || !specversion.startsWith('1.'))
    return { ...named, reason: 'only CloudEvents of version 1 are taken' };
  const common = { id, source, type, ...(isText(time) && { time }) };
  return { ...common, attributes, data, bytes, format: 'cloudevents', generation };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
