import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ExternalReceiver } from '../../src/receivers/external-receiver.js';
import { anEvent, never } from '../receivers/events.js';
import { temporaryHome } from '../support/temporary-home.js';
import { CATALOGUE, eventsFor, statesOf } from './catalogue.js';
import { type CatalogueReceiver, startDistantReceiverOf, startReceiverOf } from './receiver.js';
import { post, requestsFor } from './reference-client.js';

const good = CATALOGUE.filter(({ finding }) => finding === undefined);
const delivered = (receiver: CatalogueReceiver) =>
  eventsFor(receiver).flatMap((payload, index) =>
    statesOf(receiver)[index] === 'delivered'
      ? [(JSON.parse(payload) as { event_id: string }).event_id]
      : [],
  );

/** Its load, twice, by the requests of the published protocol. */
async function tried(receiver: CatalogueReceiver) {
  const running = await startReceiverOf(receiver);
  const requests = requestsFor(receiver.settings, eventsFor(receiver));
  const first = await post(running.url, requests);
  const again = await post(running.url, requests);
  return { running, first, again };
}

describe('the catalogue of receivers', () => {
  it('has more than thirty, each with a name of its own', () => {
    expect(CATALOGUE.length).to.be.greaterThan(30);
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).to.equal(CATALOGUE.length);
  });

  for (const receiver of good)
    it(`${receiver.name}: takes the published requests, a resend not twice`, async () => {
      const { running, first } = await tried(receiver);
      for (const { status } of first) expect(status).to.be.within(200, 204);
      expect(running.stored.ids).to.deep.equal(delivered(receiver));
    });

  for (const receiver of CATALOGUE.filter(({ finding }) => finding !== undefined))
    it(`${receiver.name}: is as faulty as it says`, async () => {
      const { first, again } = await tried(receiver);
      const [answer] = first;
      switch (receiver.finding) {
        case 'redirect':
          expect(answer?.status).to.be.within(301, 308);
          break;
        case 'login_page':
          expect(answer?.status).to.equal(200);
          expect(answer?.body.trim()).to.match(/^<(!doctype html|html)/i);
          break;
        case 'partial_failure':
        case 'ids_changed':
        case 'no_results':
          expect(answer?.status).to.be.within(200, 207);
          break;
        case 'no_deduplication':
          expect(again[0]?.body).to.include('success').and.not.include('duplicate');
          break;
        case 'no_answer':
          expect(answer?.status).to.equal(null);
          break;
        case 'clock':
          expect(Math.abs(Date.parse(answer?.headers.get('date') ?? '') - Date.now())).to.be.above(
            3_000_000,
          );
          break;
        case 'compression':
          expect(answer?.status === 200).to.equal(receiver.distant === true);
          break;
        default:
          expect(answer?.status).to.be.within(400, 599);
      }
    });

  it('a distant one is reached by its name, through the proxy', async () => {
    const receiver = CATALOGUE.find(({ name }) => name === 'per-event results')!;
    const { url, env, ca, stored } = await startDistantReceiverOf(receiver);
    const caFile = join(temporaryHome(), 'ca.pem');
    writeFileSync(caFile, ca);
    const transport = { env, caFile };
    const target = new ExternalReceiver({ endpoint: url, version: '0.0.0', transport });
    const { outcomes } = await target.deliver([anEvent('e')], never());
    await target.close();
    expect(outcomes).to.deep.equal([{ kind: 'success' }]);
    expect(stored.ids).to.deep.equal(['e']);
  });
});
