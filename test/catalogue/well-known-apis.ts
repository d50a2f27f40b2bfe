import { createHmac } from 'node:crypto';
import { API_KEY } from './plain-receivers.js';
import type { Answer, CatalogueReceiver, Incoming, Stored } from './receiver.js';
import { batchOf, linesOf, oneOf } from './requests.js';

/** The answer of an API that takes one JSON document a request, or refuses it. */
function document(
  name: string,
  does: string,
  wants: (value: Record<string, unknown>) => boolean,
  [yes, no]: readonly [Answer, Answer],
): Pick<CatalogueReceiver, 'name' | 'does' | 'settings' | 'receive'> {
  return {
    name,
    does,
    settings: { format: 'webhook' },
    receive(request, stored) {
      const { id, value } = oneOf(request);
      if (!wants(value)) return no;
      stored.addOnce(id);
      return yes;
    },
  };
}

interface Row {
  readonly insertId: string;
  readonly json: object;
}

/** The answer of an API that takes a list of events, or refuses what is none. */
function takeList(request: Incoming, stored: Stored, taken: Answer): Answer {
  const list: unknown = JSON.parse(request.text());
  if (!Array.isArray(list)) return { status: 400, body: { code: 400, error: 'must be a list' } };
  for (const { event_id: id } of list as { event_id: string }[]) stored.addOnce(id);
  return taken;
}

const label = (request: Incoming) => String(request.headers['content-type']);

/** Models of our own making, in the shape of APIs that people drain to. Not the services themselves. */
export const WELL_KNOWN_APIS: readonly CatalogueReceiver[] = [
  {
    ...document('Slack incoming webhook', 'wants `text`; says "ok" as text/html', (v) => !!v.text, [
      { status: 200, headers: { 'content-type': 'text/html' }, body: 'ok' },
      { status: 400, body: 'no_text' },
    ]),
    verdict: 'delivered',
    members: () => ({ text: 'an order was placed' }),
  },
  {
    ...document(
      'Slack incoming webhook, without text',
      'refuses what has no `text`',
      (v) => !!v.text,
      [
        { status: 200, body: 'ok' },
        { status: 400, body: 'no_text' },
      ],
    ),
    verdict: 'rejected',
    finding: 'refused',
  },
  {
    ...document('Discord webhook', 'wants `content`; answers 204', (v) => !!v.content, [
      { status: 204 },
      { status: 400, body: { code: 50006, message: 'Cannot send an empty message' } },
    ]),
    verdict: 'delivered',
    members: () => ({ content: 'an order was placed' }),
  },
  {
    ...document('Zapier catch hook', 'takes any document', () => true, [
      { status: 200, body: { attempt: 'a1', id: 'i1', request_id: 'r1', status: 'success' } },
      { status: 400 },
    ]),
    verdict: 'delivered',
  },
  {
    ...document('IFTTT webhook', 'answers with a sentence', () => true, [
      { status: 200, body: 'Congratulations! You’ve fired the order json event' },
      { status: 400 },
    ]),
    verdict: 'delivered',
  },
  {
    name: 'Datadog logs v2',
    does: 'wants a list; answers 202 with an empty object',
    settings: { format: 'json' },
    verdict: 'delivered',
    receive: (request, stored) => takeList(request, stored, { status: 202, body: {} }),
  },
  {
    name: 'Mixpanel import',
    does: 'wants a list, and nothing else',
    settings: { format: 'json' },
    verdict: 'delivered',
    receive(request, stored) {
      const said = { code: 200, num_records_imported: 3, status: 'OK' };
      return takeList(request, stored, { status: 200, body: said });
    },
  },
  {
    name: 'Amplitude batch',
    does: 'wants `api_key` and `events` in the body',
    settings: { format: 'json', body: `{"api_key":"\${API_KEY}","events":{{events}}}` },
    verdict: 'delivered',
    receive(request, stored) {
      const { api_key: key } = JSON.parse(request.text()) as { api_key?: string };
      if (key !== API_KEY)
        return {
          status: 400,
          body: { code: 400, error: 'missing field', missing_field: 'api_key' },
        };
      for (const { id } of batchOf(request)) stored.addOnce(id);
      return { status: 200, body: { code: 200, events_ingested: 3 } };
    },
  },
  {
    name: 'BigQuery insertAll',
    does: 'wants `rows`, each with its `json`; knows a row again by its `insertId`',
    settings: {
      format: 'json',
      body: '{"rows":{{events}}}',
      item: '{"insertId":{{id}},"json":{{event}}}',
    },
    verdict: 'delivered',
    receive(request, stored) {
      const { rows } = JSON.parse(request.text()) as { rows?: Row[] };
      if (!rows?.every(({ json }) => typeof json === 'object'))
        return { status: 400, body: { error: { code: 400, message: 'no rows' } } };
      for (const { insertId } of rows) stored.addOnce(insertId);
      return { status: 200, body: { kind: 'bigquery#tableDataInsertAllResponse' } };
    },
  },
  {
    ...document('Datadog logs', 'answers 202 with an empty object', () => true, [
      { status: 202, body: {} },
      { status: 400 },
    ]),
    verdict: 'delivered',
  },
  {
    ...document('Loki push', 'wants `streams`; answers 204', (v) => Array.isArray(v.streams), [
      { status: 204 },
      { status: 400, body: 'no streams' },
    ]),
    verdict: 'delivered',
    members: (index) => ({
      streams: [{ stream: { job: 'orders' }, values: [[`${index}`, 'placed']] }],
    }),
  },
  {
    ...document('OTLP/HTTP logs', 'wants `resourceLogs`', (v) => Array.isArray(v.resourceLogs), [
      { status: 200, body: { partialSuccess: {} } },
      { status: 400, body: { code: 3, message: 'no resourceLogs' } },
    ]),
    verdict: 'delivered',
    members: () => ({ resourceLogs: [] }),
  },
  {
    ...document('OTLP/HTTP logs, refused inside a 200', 'takes none of them', () => false, [
      { status: 200 },
      {
        status: 200,
        body: { partialSuccess: { rejectedLogRecords: '3', errorMessage: 'no resourceLogs' } },
      },
    ]),
    verdict: 'transient',
    finding: 'partial_failure',
  },
  {
    ...document('Elasticsearch _doc', 'answers 201 with the document’s id', () => true, [
      { status: 201, body: { _index: 'orders', result: 'created', _shards: { failed: 0 } } },
      { status: 400 },
    ]),
    verdict: 'delivered',
  },
  {
    name: 'Elasticsearch _bulk',
    does: 'wants action and source lines in turn',
    settings: { format: 'lines' },
    verdict: 'rejected',
    finding: 'refused',
    receive(request) {
      const isBulk = linesOf(request).every(
        ({ value }, i) => i % 2 === 1 || typeof value.index === 'object',
      );
      if (isBulk) return { status: 200, body: { errors: false, items: [] } };
      const reason =
        'Malformed action/metadata line [1], expected field [create], [delete], [index]';
      return { status: 400, body: { error: { type: 'illegal_argument_exception', reason } } };
    },
  },
  {
    name: 'Elasticsearch _bulk, with its actions',
    does: 'wants action and source lines in turn, and a newline at the end',
    settings: { format: 'lines', item: '{"index":{"_id":{{id}}}}\n{{event}}' },
    verdict: 'delivered',
    receive(request, stored) {
      const lines = request.text().split('\n');
      if (lines.pop() !== '') return { status: 400, body: { error: 'no newline at the end' } };
      const documents = lines.map((line) => JSON.parse(line) as { index?: { _id: string } });
      const actions = documents.filter((_, i) => i % 2 === 0);
      if (documents.length % 2 === 1 || !actions.every(({ index }) => index !== undefined))
        return { status: 400, body: { error: { type: 'illegal_argument_exception' } } };
      for (const { index } of actions) stored.addOnce(index?._id ?? '');
      return { status: 200, body: { took: 3, errors: false, items: [] } };
    },
  },
  {
    name: 'Elasticsearch _bulk, one item refused',
    does: 'says `errors: true` inside a 200',
    settings: { format: 'lines' },
    verdict: 'transient',
    finding: 'partial_failure',
    receive(request) {
      const items = linesOf(request).map(({ id }, i) => ({
        index: { _id: id, status: i === 0 ? 400 : 201 },
      }));
      return { status: 200, body: { took: 3, errors: true, items } };
    },
  },
  {
    name: 'Splunk HEC event',
    does: 'wants `event` in each object',
    settings: { format: 'lines', item: '{"event":{{event}}}' },
    verdict: 'delivered',
    receive(request, stored) {
      const events = linesOf(request).map(({ value }) => value.event as { event_id: string });
      if (events.includes(undefined as never))
        return { status: 400, body: { text: 'Event field is required', code: 12 } };
      for (const { event_id: id } of events) stored.addOnce(id);
      return { status: 200, body: { text: 'Success', code: 0 } };
    },
  },
  {
    name: 'Splunk HEC raw',
    does: 'takes lines; answers with a code',
    settings: { format: 'lines' },
    verdict: 'delivered',
    receive(request, stored) {
      for (const { id } of linesOf(request)) stored.addOnce(id);
      return { status: 200, body: { text: 'Success', code: 0 } };
    },
  },
  {
    name: 'Segment batch',
    does: 'wants the member `batch`',
    settings: { format: 'json', body: '{"batch":{{events}}}' },
    verdict: 'delivered',
    receive(request, stored) {
      const { batch } = JSON.parse(request.text()) as { batch?: { event_id: string }[] };
      if (batch === undefined) return { status: 400, body: { message: 'batch is required' } };
      for (const { event_id: id } of batch) stored.addOnce(id);
      return { status: 200, body: { success: true } };
    },
  },
  {
    name: 'Segment batch, without its body',
    does: 'wants the member `batch`',
    settings: { format: 'batch' },
    verdict: 'rejected',
    finding: 'refused',
    receive: () => ({ status: 400, body: { message: 'batch is required' } }),
  },
  {
    ...document('Segment track', 'wants `userId` and `event`', (v) => !!v.userId && !!v.event, [
      { status: 200, body: { success: true } },
      { status: 400, body: { message: 'userId and event are required' } },
    ]),
    verdict: 'delivered',
    members: (index) => ({ userId: `u${index}`, event: 'OrderPlaced' }),
  },
  {
    name: 'Amazon Data Firehose destination',
    does: 'answers with the id of the request',
    settings: { format: 'batch' },
    verdict: 'delivered',
    receive(request, stored) {
      for (const { id } of batchOf(request)) stored.addOnce(id);
      return { status: 200, body: { requestId: 'ed4acda5', timestamp: 1_578_090_903_599 } };
    },
  },
  {
    name: 'Kinesis PutRecords, one record failed',
    does: 'says FailedRecordCount 1 inside a 200',
    settings: { format: 'batch' },
    verdict: 'transient',
    finding: 'partial_failure',
    receive(request) {
      const Records = batchOf(request).map((_, i) =>
        i === 0 ? { ErrorCode: 'ProvisionedThroughputExceeded' } : { SequenceNumber: `${i}` },
      );
      return { status: 200, body: { FailedRecordCount: 1, Records } };
    },
  },
  {
    name: 'Kinesis PutRecords',
    does: 'says FailedRecordCount 0',
    settings: { format: 'batch' },
    verdict: 'delivered',
    receive(request, stored) {
      const Records = batchOf(request).map(({ id }, i) => {
        stored.addOnce(id);
        return { SequenceNumber: `${i}`, ShardId: 's-0' };
      });
      return { status: 200, body: { FailedRecordCount: 0, Records } };
    },
  },
  {
    name: 'BigQuery insertAll, one row refused',
    does: 'says insertErrors inside a 200',
    settings: { format: 'batch' },
    verdict: 'transient',
    finding: 'partial_failure',
    receive: () => ({
      status: 200,
      body: {
        kind: 'bigquery#tableDataInsertAllResponse',
        insertErrors: [{ index: 0, errors: [{ reason: 'invalid' }] }],
      },
    }),
  },
  {
    ...document('Slack Web API', 'says `ok: false` inside a 200', () => false, [
      { status: 200 },
      { status: 200, body: { ok: false, error: 'not_authed' } },
    ]),
    verdict: 'transient',
    finding: 'partial_failure',
  },
  {
    name: 'GitHub-like webhook',
    does: 'reads the body as it is, and wants JSON',
    settings: { format: 'webhook' },
    verdict: 'delivered',
    receive(request, stored) {
      if (!label(request).startsWith('application/json')) return { status: 415 };
      createHmac('sha256', 'key').update(request.raw).digest('hex');
      stored.addOnce(oneOf(request).id);
      return { status: 202, body: 'Accepted' };
    },
  },
  {
    name: 'Stripe-like receiver',
    does: 'answers {"received":true} for one event a request',
    settings: { format: 'webhook' },
    verdict: 'delivered',
    receive(request, stored) {
      stored.addOnce(oneOf(request).id);
      return { status: 200, body: { received: true } };
    },
  },
];
