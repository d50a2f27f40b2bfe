import type { DecodedRequest } from '../formats.js';
import { parseBounded } from '../json-body.js';
import type { RequestElement } from '../received-event.js';
import { fieldsOf, generationOf, headerText, isJson } from './fields.js';

/** Reads one event, whose id is that of the request (Standard Webhooks). */
export function readWebhook(request: DecodedRequest): RequestElement[] {
  const { headers, body } = request;
  const id = headerText(headers.get('webhook-id') ?? '');
  if (id === '') return [{ reason: 'webhook-id is empty' }];
  const data = payloadOf(request);
  const generation = generationOf(headers);
  return [{ ...fieldsOf(data, body), id, data, bytes: body, format: 'webhook', generation }];
}

/** Parsed when the label says JSON, or there is none; else the bytes. */
export function payloadOf({ mediaType, body, limits }: DecodedRequest): unknown {
  return mediaType === '' || isJson(mediaType) ? parseBounded(body, limits) : body;
}
