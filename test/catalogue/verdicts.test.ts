import { expect } from 'chai';
import { CATALOGUE, eventsFor, statesOf } from './catalogue.js';
import { drained } from './drained.js';
import { FRAMEWORK_NAMES, ROUTES, startFramework } from './frameworks.js';
import { startDistantReceiverOf, startReceiverOf } from './receiver.js';

const PAYLOADS = [0, 1, 2].map((index) =>
  JSON.stringify({ event_id: `Order-${index}`, event_type: 'OrderPlaced', index }),
);

describe('what redrain makes of the catalogue', () => {
  for (const receiver of CATALOGUE)
    it(`${receiver.name}: ${[receiver.verdict].flat().join(', ')}`, async () => {
      const start = receiver.distant === true ? startDistantReceiverOf : startReceiverOf;
      const place = await start(receiver);
      const { states, report } = await drained(place, receiver.settings, eventsFor(receiver));
      expect(states, report.message ?? '').to.deep.equal(statesOf(receiver));
    });
});

describe('frameworks with their defaults, drained to', () => {
  for (const name of FRAMEWORK_NAMES)
    for (const [path, settings] of ROUTES)
      it(`${name}, ${path.slice(1)}: every event at the first try`, async () => {
        const { url, stored } = await startFramework(name);
        const { report, again } = await drained({ url: `${url}${path}` }, settings, PAYLOADS);
        expect(report).to.include({ delivered: 3, transient: 0, rejected: 0 });
        expect([...stored.ids].sort()).to.deep.equal(['Order-0', 'Order-1', 'Order-2']);
        expect(await again()).to.include({ posts: 0 });
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
