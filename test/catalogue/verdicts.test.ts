import { expect } from 'chai';
import { strangeIn } from '../documents/published-protocol.js';
import { CATALOGUE, eventsFor, statesOf } from './catalogue.js';
import { drained } from './drained.js';
import {
  type CatalogueReceiver,
  type Incoming,
  startDistantReceiverOf,
  startReceiverOf,
} from './receiver.js';

describe('what redrain makes of the catalogue', () => {
  for (const receiver of CATALOGUE)
    it(`${receiver.name}: ${[receiver.verdict].flat().join(', ')}`, async () => {
      const start = receiver.distant === true ? startDistantReceiverOf : startReceiverOf;
      const place = await start(receiver);
      const payloads = eventsFor(receiver);
      const { states, report } = await drained(place, receiver.settings, payloads);
      expect(states, report.message ?? '').to.deep.equal(statesOf(receiver));
      expectAsPublished(receiver, place.requests);
      if (receiver.finding !== undefined) return;
      const delivered = payloads.filter((_, index) => states[index] === 'delivered');
      expect([...place.stored.ids].sort()).to.deep.equal(delivered.map(idOf).sort());
    });
});

describe('a replay says so in every request', () => {
  const names = ['per-event results', 'webhook', 'lines', 'cloudevents, structured'].concat(
    'cloudevents, binary',
    'cloudevents, batch',
    'Segment batch',
  );
  for (const name of names)
    it(name, async () => {
      const receiver = CATALOGUE.find((one) => one.name === name) as CatalogueReceiver;
      const place = await startReceiverOf(receiver);
      const { replayed } = await drained(place, receiver.settings, eventsFor(receiver));
      const generations = () =>
        new Set(place.requests.map(({ headers }) => headers['redrain-generation']));
      expect([...generations()]).to.deep.equal([undefined]);
      expect(await replayed()).to.include({ transient: 0, rejected: 0 });
      expect(await replayed()).to.include({ transient: 0, rejected: 0 });
      expect([...generations()]).to.deep.equal([undefined, '2', '3']);
      expectAsPublished(receiver, place.requests);
    });
});

/** Where docs/openapi.yaml has each format. */
const PATHS = {
  batch: '/batch',
  webhook: '/webhook',
  cloudevents: '/cloudevents',
  lines: '/lines',
  json: '/json',
} as const;

function expectAsPublished({ settings }: CatalogueReceiver, requests: readonly Incoming[]): void {
  for (const { headers, text } of requests)
    expect(strangeIn(PATHS[settings.format], headers, text())).to.deep.equal([]);
}

const idOf = (payload: string): string => (JSON.parse(payload) as { event_id: string }).event_id;

describe('a real event of 624,725 bytes', () => {
  const note = 'n'.repeat(624_725 - 57);
  const payload = JSON.stringify({ event_id: 'large', event_type: 'OrderPlaced', note });
  for (const name of [
    'per-event results',
    'webhook',
    'lines',
    'Mixpanel import',
    'cloudevents, batch',
  ])
    it(`goes out by default: ${name}`, async () => {
      expect(payload).to.have.length(624_725);
      const receiver = CATALOGUE.find((one) => one.name === name)!;
      const place = await startReceiverOf(receiver);
      const small = eventsFor(receiver).slice(0, 1);
      const { states } = await drained(place, receiver.settings, [...small, payload]);
      expect(states).to.deep.equal(['delivered', 'delivered']);
    });
});

describe('what is learned of a target', () => {
  it('that it does not read gzip outlives a restart', async () => {
    const receiver = CATALOGUE.find(({ name }) => name === 'no gzip, 415, far away')!;
    const place = await startDistantReceiverOf(receiver);
    const [first = '', ...others] = eventsFor(receiver);
    const { again } = await drained(place, receiver.settings, [first]);
    const encodings = () => place.requests.map(({ headers }) => headers['content-encoding']);
    expect(encodings()).to.deep.equal(['gzip', undefined]);
    expect(await again(others)).to.include({ posts: 1, delivered: 2 });
    expect(encodings()).to.deep.equal(['gzip', undefined, undefined]);
  });
});
