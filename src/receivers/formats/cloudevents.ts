import type { OutboundEvent, OutboundShape } from '../../dispatch/ports.js';
import { unsendableAsJson } from '../unsendable.js';
import { attributesOf, isCloudEvent, LONGEST_SOURCE } from './cloudevent-attributes.js';
import { binaryRequest } from './cloudevent-binary.js';
import type { ComposedRequest, FormatGiven, RequestFormat } from './format.js';

const OPEN_LIST = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE_LIST = Buffer.from(']');
const CLOSE_OBJECT = Buffer.from('}');

/** CloudEvents 1.0 over HTTP, in one of three modes (docs/receivers.md, "cloudevents"). */
export function cloudEventsFormat({ settings, source }: FormatGiven): RequestFormat {
  const { mode = 'structured' } = settings;
  const shared = {
    isSingle: mode !== 'batch',
    isCompressible: false,
    wireSize: (event: OutboundShape) => sizeOf(event, source),
    unsendable: unsendableAsJson,
  };
  if (mode === 'binary')
    return {
      ...shared,
      frameBytes: 0,
      owns: (header) => header.startsWith('ce-'),
      compose: ([event]) => binaryRequest(event as OutboundEvent, source),
    };
  const compose = mode === 'batch' ? listRequest : structuredRequest;
  return {
    ...shared,
    // Brackets, less the comma that the last event does not need.
    frameBytes: 1,
    owns: () => false,
    compose: (batch) => compose(batch.map((event) => structured(event, source))),
  };
}

function structuredRequest([event]: readonly (readonly Buffer[])[]): ComposedRequest {
  const headers = { 'Content-Type': 'application/cloudevents+json' };
  return { body: Buffer.concat(event ?? []), headers };
}

function listRequest(events: readonly (readonly Buffer[])[]): ComposedRequest {
  const list = events.flatMap((event, index) => (index === 0 ? event : [COMMA, ...event]));
  return {
    body: Buffer.concat([OPEN_LIST, ...list, CLOSE_LIST]),
    headers: { 'Content-Type': 'application/cloudevents-batch+json' },
  };
}

/** The parts of one CloudEvent in JSON: as it was captured, or around the payload. */
function structured(event: OutboundEvent, source: string): Buffer[] {
  if (isCloudEvent(event.bytes)) return [event.bytes];
  const head = envelopeHead({
    ...attributesOf(event, source),
    datacontenttype: 'application/json',
  });
  return [head, event.bytes, CLOSE_OBJECT];
}

function envelopeHead(attributes: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(`${JSON.stringify(attributes).slice(0, -1)},"data":`);
}

/** Enough for each: names of the attributes, and punctuation. */
const ENVELOPE_BYTES = 256;

function sizeOf({ eventId, eventType, timestamp, size }: OutboundShape, source: string): number {
  const texts = Buffer.byteLength(JSON.stringify([eventId, eventType, timestamp, source]));
  return texts + LONGEST_SOURCE + ENVELOPE_BYTES + size;
}
