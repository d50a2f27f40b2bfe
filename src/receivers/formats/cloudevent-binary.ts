import type { OutboundEvent } from '../../dispatch/ports.js';
import { attributesOf, isCloudEvent, membersOf } from './cloudevent-attributes.js';
import type { ComposedRequest } from './format.js';
import { percentEncoded } from './header-text.js';

/** Attributes in headers, and the data as the body. */
export function binaryRequest(event: OutboundEvent, source: string): ComposedRequest {
  if (isCloudEvent(event.bytes)) return unfolded(event.bytes);
  const headers = headersOf(attributesOf(event, source));
  return { body: event.bytes, headers: { 'Content-Type': 'application/json', ...headers } };
}

/** What a CloudEvent in JSON has in members. Its data keep their bytes, where they are JSON. */
function unfolded(bytes: Buffer): ComposedRequest {
  const { data, ...others } = Object.fromEntries(
    [...membersOf(bytes)].map(([name, { valueStart, valueEnd }]) => [
      name,
      bytes.subarray(valueStart, valueEnd),
    ]),
  );
  const attributes: Record<string, string> = {};
  for (const [name, raw] of Object.entries(others)) {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    if (isSimple(value)) attributes[name] = String(value);
  }
  const { datacontenttype, data_base64: encoded, ...named } = attributes;
  const contentType = mediaType(datacontenttype);
  const body = encoded === undefined ? dataAs(contentType, data) : Buffer.from(encoded, 'base64');
  return { body, headers: { 'Content-Type': contentType, ...headersOf(named) } };
}

function mediaType(given = 'application/json'): string {
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(given) ? given : 'application/octet-stream';
}

/** A text that is no JSON stands in JSON as a string: its own bytes are those within. */
function dataAs(contentType: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const isJson = /^[^;]*[/+]json\s*(?:;|$)/i.test(contentType);
  if (isJson || data[0] !== 0x22) return data;
  return Buffer.from(JSON.parse(data.toString('utf8')) as string);
}

const isSimple = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Names of attributes are letters and digits; others cannot be in a header. */
function headersOf(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(attributes).filter(([name]) => /^[a-z0-9]+$/i.test(name));
  return Object.fromEntries(
    named.map(([name, value]) => [`ce-${name.toLowerCase()}`, percentEncoded(value)]),
  );
}
