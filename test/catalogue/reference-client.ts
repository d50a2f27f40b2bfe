import { gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { API_KEY, SECRET } from './plain-receivers.js';
import type { Settings } from './receiver.js';

/** A request as docs/receivers.md has it. */
export interface WrittenRequest {
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * The requests that docs/receivers.md promises for these payloads, written a
 * second time without any code of redrain: what the catalogue is tried with.
 */
export function requestsFor(settings: Settings, payloads: readonly string[]): WrittenRequest[] {
  const requests = plainRequests(settings, payloads);
  if (settings.compression !== 'gzip') return requests;
  return requests.map(({ headers, body }) => ({
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: gzipSync(body),
  }));
}

function plainRequests(settings: Settings, payloads: readonly string[]): WrittenRequest[] {
  switch (settings.format) {
    case 'batch':
      return [{ headers: JSON_TYPE, body: `{"events":[${payloads.join(',')}]}` }];
    case 'lines':
      return [
        {
          headers: { 'content-type': 'application/x-ndjson' },
          body: framed(settings, payloads)
            .map((item) => `${item}\n`)
            .join(''),
        },
      ];
    case 'json':
      return [{ headers: JSON_TYPE, body: jsonBody(settings, framed(settings, payloads)) }];
    case 'webhook':
      return payloads.map((payload) => webhookRequest(payload, settings.signed === true));
    case 'cloudevents':
      return cloudEvents(settings.mode, payloads);
  }
}

/** Functions in place of texts: a `$` in what is filled in means nothing. */
function framed({ item = '{{event}}' }: Settings, payloads: readonly string[]): string[] {
  return payloads.map((payload) => {
    const { event_id: id } = JSON.parse(payload) as { event_id: string };
    return item.replaceAll('{{id}}', () => JSON.stringify(id)).replace('{{event}}', () => payload);
  });
}

function jsonBody({ body = '{{events}}' }: Settings, items: readonly string[]): string {
  const filled = body.replace(/\$\{API_KEY\}/g, () => API_KEY);
  return filled.replace('{{events}}', () => `[${items.join(',')}]`);
}

function webhookRequest(payload: string, signed: boolean): WrittenRequest {
  const { event_id: id } = JSON.parse(payload) as { event_id: string };
  const now = new Date();
  const signature = signed && new Webhook(SECRET).sign(id, now, payload);
  return {
    headers: {
      ...JSON_TYPE,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      ...(signature && { 'webhook-signature': signature }),
    },
    body: payload,
  };
}

function cloudEvents(mode: Settings['mode'], payloads: readonly string[]): WrittenRequest[] {
  const events = payloads.map((payload) => {
    const data = JSON.parse(payload) as { event_id: string; event_type: string };
    const { event_id: id, event_type: type } = data;
    return { specversion: '1.0', id, type, source: '/test', data };
  });
  if (mode === 'batch') {
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    return [{ headers, body: JSON.stringify(events) }];
  }
  if (mode === 'binary')
    return events.map(({ data, id, type, source }) => ({
      headers: {
        ...JSON_TYPE,
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-type': type,
        'ce-source': source,
      },
      body: JSON.stringify(data),
    }));
  const headers = { 'content-type': 'application/cloudevents+json' };
  return events.map((event) => ({ headers, body: JSON.stringify(event) }));
}

/** Posts one after another; the status of each, or null without an answer. */
export async function post(url: string, requests: readonly WrittenRequest[]) {
  const answers: { status: number | null; headers: Headers; body: string }[] = [];
  for (const { headers, body } of requests) {
    try {
      const given = { method: 'POST', headers, body, redirect: 'manual' } as const;
      const response = await fetch(url, given);
      answers.push({
        status: response.status,
        headers: response.headers,
        body: await response.text(),
      });
    } catch {
      answers.push({ status: null, headers: new Headers(), body: '' });
    }
  }
  return answers;
}
