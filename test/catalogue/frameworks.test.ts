import { expect } from 'chai';
import { FRAMEWORK_NAMES, ROUTES, startFramework } from './frameworks.js';
import { post, requestsFor } from './reference-client.js';

const PAYLOADS = [0, 1, 2].map((index) =>
  JSON.stringify({ event_id: `Order-${index}`, event_type: 'OrderPlaced', index }),
);

describe('frameworks with their defaults', () => {
  for (const name of FRAMEWORK_NAMES) {
    it(`${name} takes each format as it is published`, async () => {
      for (const [path, settings] of ROUTES) {
        const { url, stored } = await startFramework(name);
        const answers = await post(`${url}${path}`, requestsFor(settings, PAYLOADS));
        for (const { status } of answers) expect(status, path).to.be.within(200, 204);
        expect(stored.ids, path).to.deep.equal(['Order-0', 'Order-1', 'Order-2']);
      }
    });
  }

  it('three of four cannot read what is compressed, and each says it in its own way', async () => {
    const seen: Record<string, number | null | undefined> = {};
    for (const name of FRAMEWORK_NAMES) {
      const { url } = await startFramework(name);
      const requests = requestsFor({ format: 'batch', compression: 'gzip' }, PAYLOADS);
      const [answer] = await post(`${url}/batch`, requests);
      seen[name] = answer?.status;
    }
    expect(seen).to.deep.equal({ express: 200, fastify: 400, hono: 500, koa: 500 });
  });
});
