import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryHome } from '../support/temporary-home.js';
import { typed } from '../support/typed.js';
import { FRAMEWORK_NAMES, ROUTES, startFramework } from './frameworks.js';

const PAYLOADS = [0, 1, 2].map((index) =>
  JSON.stringify({ event_id: `Order-${index}`, event_type: 'OrderPlaced', index }),
);

describe('`redrain targets add x URL && redrain now`, to frameworks with their defaults', () => {
  for (const name of FRAMEWORK_NAMES)
    it(`${name} gets every event the first time, in each format`, async () => {
      for (const [path, settings] of ROUTES) {
        const home = temporaryHome();
        const file = join(home, 'orders.jsonl');
        writeFileSync(file, PAYLOADS.join('\n'));
        const { url, stored, headers } = await startFramework(name);
        const { format, mode } = settings;
        const how = mode === undefined ? ['--format', format] : ['--cloudevents', mode];
        const add = ['targets', 'add', 'x', `${url}${path}`, ...how];
        for (const args of [['capture', file], add, ['now']])
          expect((await typed(home, args)).code, `${path}: ${args[0]}`).to.equal(0);
        const requests = headers.length;
        expect((await typed(home, ['now'])).code).to.equal(0);
        expect(headers.length, 'nothing is sent twice').to.equal(requests);
        expect([...stored.ids].sort(), path).to.deep.equal(['Order-0', 'Order-1', 'Order-2']);
      }
    });
});
