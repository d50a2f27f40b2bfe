import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { contentsOf, givenEdge } from './given-hub.js';
import { HubProcess } from './hub-process.js';

/** Before the commit, and between the commit and the answer. */
const STEPS: [step: string, outcome: 'delivered' | 'duplicate', here: number][] = [
  ['storage.commit', 'delivered', 0],
  ['journal.appended', 'duplicate', 5],
];

describe('a hub that is killed with kill -9', () => {
  for (const [step, outcome, here] of STEPS)
    it(`at ${step} has ${here} of 5 events, and all of them once the edge has sent again`, async () => {
      const hub = new HubProcess();
      await hub.start({ step, nth: 1 });
      const clock = { ahead: 0 };
      const edge = await givenEdge(hub, { clock });
      for (let at = 0; at < 5; at += 1) await edge.capture({ event_id: `e${at}`, event_type: 'T' });
      expect(await edge.drain()).to.include({ delivered: 0, transient: 5 });
      await hub.again();
      expect(contentsOf(hub.home)).to.have.length(here);
      clock.ahead = 60_000;
      expect(await edge.drain()).to.include({ [outcome]: 5, unsent: 0 });
      expect(await hub.stop()).to.equal(0);
      expect(contentsOf(hub.home)).to.deep.equal(contentsOf(edge.home));
      const app = new App({ home: hub.home, env: {} });
      const [known] = await (await app.stores()).edges.list();
      await app.close();
      expect(known).to.deep.include({ received: 5, missing: 0, complete: 5, faults: [] });
    });
});
