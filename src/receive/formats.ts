import { readBatch } from './formats/batch.js';
import { readBinary, readCloudEventBatch, readStructured } from './formats/cloudevents.js';
import { isJson } from './formats/fields.js';
import { readLines } from './formats/lines.js';
import { readWebhook } from './formats/webhook.js';
import type { ReceiverLimits } from './limits.js';
import type { ReceivedFormat, RequestElement } from './received-event.js';
import { Refusal } from './refusal.js';

/** A decoded request, as the readers of formats need it. */
export interface DecodedRequest {
  readonly headers: Headers;
  /** Without parameters, in lower case; empty when there is none. */
  readonly mediaType: string;
  readonly body: Buffer;
  readonly limits: ReceiverLimits;
}

/** How the events of a request are found. */
export interface RequestShape {
  readonly format: ReceivedFormat;
  /** One event is the whole request, so the status answers for it. */
  readonly isSingle: boolean;
  /** @throws Refusal when the request is no such thing as a whole. */
  readonly read: (request: DecodedRequest) => RequestElement[];
}

/** A shape, and by what it is recognised. */
export interface KnownShape extends RequestShape {
  readonly recognises: (mediaType: string, headers: Headers) => boolean;
}

const CLOUDEVENTS = 'application/cloudevents+json';
const CLOUDEVENTS_BATCH = 'application/cloudevents-batch+json';
const LINES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

const BATCH: RequestShape = { format: 'batch', isSingle: false, read: readBatch };

/** In this order: the first that recognises a request reads it. */
const SHAPES: readonly KnownShape[] = [
  {
    format: 'cloudevents',
    isSingle: false,
    recognises: (mediaType) => mediaType === CLOUDEVENTS_BATCH,
    read: readCloudEventBatch,
  },
  {
    format: 'cloudevents',
    isSingle: true,
    recognises: (mediaType) => mediaType === CLOUDEVENTS,
    read: readStructured,
  },
  {
    format: 'cloudevents',
    isSingle: true,
    recognises: (_, headers) => headers.has('ce-specversion'),
    read: readBinary,
  },
  {
    format: 'lines',
    isSingle: false,
    recognises: (mediaType) => LINES.includes(mediaType),
    read: readLines,
  },
  {
    format: 'webhook',
    isSingle: true,
    recognises: (_, headers) => headers.has('webhook-id'),
    read: readWebhook,
  },
  {
    ...BATCH,
    recognises: (mediaType) => mediaType === '' || isJson(mediaType),
  },
];

/**
 * The format of a request, where it is none of those that go first; one in no
 * known format is a batch where that is wished.
 *
 * @throws Refusal 415.
 */
export function shapeOf(
  mediaType: string,
  headers: Headers,
  orBatch: boolean,
  first: readonly KnownShape[] = [],
): RequestShape {
  const isForeign = mediaType.startsWith('application/cloudevents') && !isJson(mediaType);
  const shape = [...first, ...SHAPES].find(({ recognises }) => recognises(mediaType, headers));
  if (shape !== undefined && !isForeign) return shape;
  if (orBatch && !isForeign) return BATCH;
  throw new Refusal(
    415,
    'send {"events":[…]} or a list as application/json, lines as application/x-ndjson, CloudEvents in JSON, or a webhook with webhook-id',
  );
}

export function mediaTypeOf(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
}
