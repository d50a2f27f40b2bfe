import { Webhook } from 'standardwebhooks';
import type { Answer, CatalogueReceiver, Incoming, Stored } from './receiver.js';
import { batchOf, linesOf, oneOf } from './requests.js';

/** The key that signed receivers verify with. */
export const SECRET = `whsec_${Buffer.from('a key of 24 bytes, plain').toString('base64')}`;
/** What stands in the body of some requests. */
export const API_KEY = 'the key of an API';

const batch = { format: 'batch' } as const;
const webhook = { format: 'webhook' } as const;

/** Takes the events of a batch, and says so in one way for all of them. */
const takesBatch =
  (answer: Answer) =>
  (request: Incoming, stored: Stored): Answer => {
    for (const { id } of batchOf(request)) stored.addOnce(id);
    return answer;
  };

const takesOne =
  (answer: Answer) =>
  (request: Incoming, stored: Stored): Answer => {
    stored.addOnce(oneOf(request).id);
    return answer;
  };

const takesLines =
  (answer: Answer) =>
  (request: Incoming, stored: Stored): Answer => {
    for (const { id } of linesOf(request)) stored.addOnce(id);
    return answer;
  };

/** Results for each event, as docs/receivers.md asks for. */
function perEvent(request: Incoming, stored: Stored): Answer {
  const results = batchOf(request).map(({ id }) => ({
    event_id: id,
    status: stored.addOnce(id) ? 'success' : 'duplicate',
  }));
  return { status: 200, body: { results } };
}

function verifiesSignature(request: Incoming, stored: Stored): Answer {
  const { headers } = request;
  try {
    new Webhook(SECRET).verify(request.text(), headers as Record<string, string>);
  } catch {
    return { status: 401, body: { error: 'the signature does not match' } };
  }
  stored.addOnce(String(headers['webhook-id']));
  return { status: 204 };
}

/** Receivers as people write them, which do nothing wrong. */
export const PLAIN_RECEIVERS: readonly CatalogueReceiver[] = [
  {
    name: 'per-event results',
    does: 'answers for each event, and knows those it has',
    settings: batch,
    verdict: 'delivered',
    receive: perEvent,
  },
  {
    name: 'per-event results, of three kinds',
    does: 'takes the first, refuses the second, and has not decided about the third',
    settings: batch,
    verdict: ['delivered', 'rejected', 'pending'],
    receive(request, stored) {
      const statuses = ['success', 'rejected', 'pending'];
      const results = batchOf(request).map(({ id, value }) => {
        const status = statuses[Number(value.index)] ?? 'success';
        if (status === 'success' && !stored.addOnce(id))
          return { event_id: id, status: 'duplicate' };
        return { event_id: id, status, ...(status === 'rejected' && { error: 'no such order' }) };
      });
      return { status: 200, body: { results } };
    },
  },
  {
    name: '200 ok',
    does: 'answers with the word "ok"',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({ status: 200, body: 'ok' }),
  },
  {
    name: '204',
    does: 'answers without a body',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({ status: 204 }),
  },
  {
    name: '202',
    does: 'answers 202 with an empty object',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({ status: 202, body: {} }),
  },
  {
    name: 'received: true',
    does: 'answers with an object of its own',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({ status: 200, body: { received: true } }),
  },
  {
    name: 'counts of what failed, all zero',
    does: 'answers with the members that report failures elsewhere, and has none',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({ status: 200, body: { errors: false, failed: 0, partialSuccess: {} } }),
  },
  {
    name: 'PHP',
    does: 'labels the word "ok" as text/html, as PHP does',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({
      status: 200,
      headers: { 'content-type': 'text/html; charset=UTF-8' },
      body: 'ok',
    }),
  },
  {
    name: 'a list',
    does: 'answers with a list of what it stored',
    settings: batch,
    verdict: 'delivered',
    receive: takesBatch({ status: 201, body: [{ stored: 3 }] }),
  },
  {
    name: 'slow',
    does: 'takes a second for each answer',
    settings: batch,
    verdict: 'delivered',
    receive: (request, stored) => ({ ...perEvent(request, stored), afterMs: 1_000 }),
  },
  {
    name: 'lines',
    does: 'takes one event a line',
    settings: { format: 'lines' },
    verdict: 'delivered',
    receive: takesLines({ status: 200, body: 'ok' }),
  },
  {
    name: 'webhook',
    does: 'takes one event a request, without any check',
    settings: webhook,
    verdict: 'delivered',
    receive: takesOne({ status: 200, body: 'ok' }),
  },
  {
    name: 'signed webhook',
    does: 'verifies the signature with the library of Standard Webhooks',
    settings: { ...webhook, signed: true },
    verdict: 'delivered',
    receive: verifiesSignature,
  },
  {
    name: 'cloudevents, structured',
    does: 'wants application/cloudevents+json and the members that must be there',
    settings: { format: 'cloudevents', mode: 'structured' },
    verdict: 'delivered',
    receive(request, stored) {
      const { value } = oneOf(request);
      if (!/^application\/cloudevents\+json\b/.test(String(request.headers['content-type'])))
        return { status: 415, body: 'no cloudevents+json' };
      if (value.specversion !== '1.0' || !value.id || !value.source || !value.type)
        return { status: 400, body: 'specversion, id, source and type are required' };
      stored.addOnce(String(value.id));
      return { status: 202 };
    },
  },
  {
    name: 'cloudevents, binary',
    does: 'reads the attributes from the ce- headers',
    settings: { format: 'cloudevents', mode: 'binary' },
    verdict: 'delivered',
    receive({ headers }, stored) {
      if (headers['ce-specversion'] !== '1.0' || !headers['ce-source'] || !headers['ce-type'])
        return { status: 400, body: 'ce-specversion, ce-source and ce-type are required' };
      stored.addOnce(String(headers['ce-id']));
      return { status: 202 };
    },
  },
  {
    name: 'cloudevents, batch',
    does: 'wants a list of CloudEvents',
    settings: { format: 'cloudevents', mode: 'batch' },
    verdict: 'delivered',
    receive(request, stored) {
      if (!/^application\/cloudevents-batch\+json\b/.test(String(request.headers['content-type'])))
        return { status: 415, body: 'no cloudevents-batch+json' };
      for (const { id } of JSON.parse(request.text()) as { id: string }[]) stored.addOnce(id);
      return { status: 204 };
    },
  },
];
