import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import { mapResponse } from '../../src/receivers/mapper.js';
import { conductOf } from '../../src/receivers/stub/misbehaviour.js';
import { Sink } from '../../src/receivers/stub/sink.js';
import { SinkEndpoint } from '../../src/receivers/stub/sink-endpoint.js';
import { CATALOGUE, eventsFor } from '../catalogue/catalogue.js';
import { requestsFor } from '../catalogue/reference-client.js';
import { anEvent, never } from '../receivers/events.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { codeBlocks, documentText } from '../support/markdown.js';
import { closeAfterTest } from '../support/temporary-home.js';
import {
  compiled,
  faultsOf,
  messagesOf,
  nodesOf,
  referred,
  strangeIn,
} from './published-protocol.js';

const PATHS = {
  batch: '/batch',
  webhook: '/webhook',
  cloudevents: '/cloudevents',
  lines: '/lines',
  json: '/json',
} as const;

const resultsSchema = JSON.parse(readFileSync('docs/schema/batch-results.json', 'utf8')) as {
  $defs: { result: { properties: { status: { enum: string[] } } } };
};
const STATUSES = resultsSchema.$defs.result.properties.status.enum;

const mapped = (ids: readonly string[], document: object) =>
  mapResponse(
    ids,
    { status: 200, headers: {}, body: Buffer.from(JSON.stringify(document)) },
    { ack: 'results', now: 0, redact: (text) => text },
  );

describe('the published protocol', () => {
  describe('docs/openapi.yaml', () => {
    it('has no reference that leads nowhere', () => {
      const references = nodesOf().flatMap(({ node: { $ref } }) => $ref ?? []) as string[];
      expect(references.length).to.be.greaterThan(20);
      for (const reference of references) {
        if (reference.startsWith('#/')) expect(referred(reference), reference).to.be.an('object');
        else expect(readFileSync(`docs/${reference}`, 'utf8')).to.include('$schema');
      }
    });

    it('has examples that hold by their schemas', () => {
      const contents = nodesOf().filter(({ node }) => 'schema' in node && 'examples' in node);
      expect(contents.length).to.be.greaterThan(4);
      for (const { node, way } of contents) {
        const validate = compiled(node.schema);
        for (const { value } of Object.values(node.examples as Record<string, { value: unknown }>))
          expect(validate(value), `${way}: ${messagesOf(validate)}`).to.equal(true);
      }
    });

    it('and would find what is wrong', () => {
      expect(faultsOf('batch-request', { events: [{ id: 'e' }] })).not.to.deep.equal([]);
      expect(faultsOf('batch-request', { events: [] })).not.to.deep.equal([]);
      const unknown = { results: [{ event_id: 'e', status: 'done' }] };
      expect(faultsOf('batch-results', unknown)).not.to.deep.equal([]);
      expect(strangeIn('/webhook', { 'content-type': 'application/json' }, '{}')).to.deep.equal([
        'no webhook-id',
        'no webhook-timestamp',
      ]);
    });

    it('holds the requests that the catalogue of receivers is tried with', () => {
      for (const receiver of CATALOGUE) {
        const { settings } = receiver;
        const plain = { ...settings, compression: 'none' } as const;
        for (const { headers, body } of requestsFor(plain, eventsFor(receiver)))
          expect(strangeIn(PATHS[settings.format], headers, String(body))).to.deep.equal([]);
      }
    });
  });

  it('the examples of docs/receivers.md hold by the schemas', () => {
    const text = documentText('docs/receivers.md');
    const [results = ''] = codeBlocks(text, 'json');
    expect(faultsOf('batch-results', JSON.parse(results))).to.deep.equal([]);
    const requests = codeBlocks(text, 'http');
    expect(requests).to.have.lengthOf(5);
    const paths = ['/batch', '/webhook', '/cloudevents', '/lines', '/json'];
    for (const [index, request] of requests.entries()) {
      const [head = '', body = ''] = request.split('\n\n');
      const lines = head.split('\n').slice(1);
      const headers = Object.fromEntries(
        lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]),
      ) as Record<string, string>;
      expect(strangeIn(paths[index] as string, headers, body)).to.deep.equal([]);
    }
  });

  it('what a batch really carries holds by the schema', async () => {
    const server = await scriptedServer(() => ({ status: 200, body: '{"results":[]}' }));
    closeAfterTest(() => server.close());
    const receiver = new ExternalReceiver({
      endpoint: `${server.url}/in`,
      version: '0.0.0',
      transport: { env: {} },
    });
    closeAfterTest(() => receiver.close());
    const wrapped = { carriesOwnId: false, bytes: Buffer.from('{"id":7}') };
    await receiver.deliver([anEvent('own'), anEvent('given', wrapped)], never());
    const [request] = server.seen;
    const { headers, body } = request!;
    expect(strangeIn('/batch', headers, body.toString())).to.deep.equal([]);
  });

  it('every answer that the schema allows is understood', () => {
    const outcomes = STATUSES.map((status) => {
      const {
        outcomes: [outcome],
      } = mapped(['e'], { results: [{ event_id: 'e', status }] });
      return outcome?.kind;
    });
    expect(outcomes).to.deep.equal([
      'success',
      'success',
      'success',
      'duplicate',
      'pending',
      'pending',
      'rejected',
    ]);
    const result = fc.record(
      { status: fc.constantFrom(...STATUSES), error: fc.string(), code: fc.string() },
      { requiredKeys: ['status'] },
    );
    fc.assert(
      fc.property(fc.array(result, { minLength: 1 }), (given) => {
        const ids = given.map((_, index) => `e${index}`);
        const results = given.map((one, index) => ({ event_id: ids[index], ...one }));
        expect(faultsOf('batch-results', { results })).to.deep.equal([]);
        for (const outcome of mapped(ids, { results }).outcomes)
          expect(outcome?.kind).not.to.equal('transient');
      }),
    );
  });

  it('`redrain serve` answers by the schema', async () => {
    const sink = new Sink({ db: ':memory:' });
    closeAfterTest(() => sink.close());
    const rules = { rejectTypes: ['Refused'], maxEvents: 5 };
    const endpoint = new SinkEndpoint(sink, conductOf({}), rules);
    const events = [
      { event_id: 'a', event_type: 'T' },
      { event_id: 'a', event_type: 'T' },
      { event_id: 'r', event_type: 'Refused' },
      { no_id: true },
    ];
    const { status, body } = await answerOf(endpoint, { events });
    expect(status).to.equal(200);
    expect(faultsOf('batch-results', body)).to.deep.equal([]);
    const refusals = [
      await answerOf(endpoint, {}),
      await answerOf(endpoint, { events: [1, 2, 3, 4, 5, 6] }),
    ];
    expect(refusals.map((one) => one.status)).to.deep.equal([400, 413]);
    for (const one of refusals) expect(faultsOf('batch-refusal', one.body)).to.deep.equal([]);
  });
});

async function answerOf(endpoint: SinkEndpoint, document: object) {
  const body = JSON.stringify(document);
  const { answer } = await endpoint.receive(new Request('http://x/', { method: 'POST', body }));
  if (answer === 'reset') throw new Error('it was not told to reset');
  return { status: answer.status, body: answer.document };
}
