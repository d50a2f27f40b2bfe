import http, { type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { Secret } from '../../../src/config/secret.js';
import type { ExternalReceiverSettings } from '../../../src/receivers/external/settings.js';
import { ExternalReceiver } from '../../../src/receivers/external-receiver.js';
import { onLoopback } from '../../catalogue/receiver.js';
import { type Core, givenTarget, openCore } from '../../support/core.js';
import { drainWith, TestClock } from '../../support/drains.js';
import { newEvents } from '../../support/events.js';
import { assertLedgerInvariant } from '../../support/invariant.js';
import { rounds } from '../../support/rounds.js';

const EVENTS = rounds(1_000, 10_000);
const PHASES = 4;
/** Every seventh request is verified and then answered as by a server that is busy. */
const BUSY_EVERY = 7;

interface Verified {
  readonly url: string;
  readonly refusals: string[];
  /** Ids that were answered with success. */
  readonly taken: string[];
  requests: number;
}

/** A server whose library has to accept every request, also those that it then has no time for. */
async function verifying(ids: (body: Buffer, request: IncomingMessage) => string[]) {
  const seen: Verified = { url: '', refusals: [], taken: [], requests: 0 };
  const server = http.createServer(async (request, response) => {
    const body = await buffer(request);
    seen.requests += 1;
    try {
      const found = ids(body, request);
      const isBusy = seen.requests % BUSY_EVERY === 0;
      if (!isBusy) seen.taken.push(...found);
      response.writeHead(isBusy ? 503 : 204).end();
    } catch (error) {
      seen.refusals.push((error as Error).message);
      response.writeHead(400).end();
    }
  });
  const port = await onLoopback(server);
  return Object.assign(seen, { url: `http://127.0.0.1:${port}/in` });
}

async function phase(core: Core, number: number, settings: Partial<ExternalReceiverSettings>) {
  const count = EVENTS / PHASES;
  await core.journal.append(newEvents(count, `e${number}`), 'capture');
  const receiver = new ExternalReceiver({
    endpoint: undefined,
    version: '1.2.3',
    ack: 'auto',
    concurrency: 32,
    transport: { env: {}, deadlineMs: 20_000 },
    ...settings,
  });
  const clock = new TestClock();
  let left = 1;
  for (let pass = 0; left > 0 && pass < 20; pass += 1) {
    clock.now += 7_200_000;
    const report = await drainWith(core, receiver, { clock });
    left = report.unsent + report.transient;
  }
  await receiver.close();
  expect(left).to.equal(0);
}

function expectAll(seen: Verified, fewestRequests: number): void {
  expect(seen.refusals).to.deep.equal([]);
  expect(seen.requests).to.be.at.least(fewestRequests);
  expect(seen.taken.length, 'each was answered with success once').to.equal(EVENTS);
  expect(new Set(seen.taken).size).to.equal(EVENTS);
}

describe(`the libraries of the standards accept ${EVENTS} of ${EVENTS} events, retries included`, () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
    await givenTarget(core);
  });
  afterEach(() => assertLedgerInvariant(core));

  it('standardwebhooks, while one secret takes the place of another', async () => {
    const [old = '', fresh = ''] = ['the old key, of 24 bytes', 'the new key, of 24 bytes'].map(
      (key) => `whsec_${Buffer.from(key).toString('base64')}`,
    );
    let known = new Webhook(old);
    const seen = await verifying((body, { headers }) => {
      known.verify(body, headers as Record<string, string>);
      return [String(headers['webhook-id'])];
    });
    const secrets = (...values: string[]) =>
      values.map((value) => ({ variable: 'HOOK', value: new Secret(value) }));
    const webhook = { format: 'webhook', endpoint: seen.url } as const;
    await phase(core, 1, { ...webhook, secrets: secrets(old) });
    await phase(core, 2, { ...webhook, secrets: secrets(fresh, old) });
    known = new Webhook(fresh);
    await phase(core, 3, { ...webhook, secrets: secrets(fresh, old) });
    await phase(core, 4, { ...webhook, secrets: secrets(fresh) });
    expectAll(seen, EVENTS);
  });

  for (const mode of ['structured', 'binary', 'batch'] as const)
    it(`cloudevents, ${mode}`, async () => {
      const seen = await verifying((body, { headers }) => {
        const message = { headers: headers as Record<string, string>, body: body.toString() };
        const events = [HTTP.toEvent<unknown>(message)].flat() as CloudEvent<unknown>[];
        for (const event of events) new CloudEvent(event, true).validate();
        return events.map(({ id }) => id);
      });
      const settings = { format: 'cloudevents', mode, endpoint: seen.url } as const;
      for (let number = 1; number <= PHASES; number += 1)
        await phase(core, number, { ...settings, limits: { maxEvents: 100 } });
      expectAll(seen, mode === 'batch' ? EVENTS / 100 : EVENTS);
    });
});
