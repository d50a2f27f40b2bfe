import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { newEvents } from '../support/events.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { givenStores, type OpenStores } from './given-stores.js';

/** What every OpenJournal promises. */
export function describeOpenJournal(name: string, open: OpenStores): void {
  describe(`OpenJournal on ${name}`, () => {
    it('is the journal of its home, and current, while nobody replaces it', async () => {
      const { stores } = await givenStores(open);
      await stores.journal.append(newEvents(1), 'capture');
      expect(stores.isReplaced()).to.equal(false);
      await stores.assertCurrent();
    });

    it('has a version, which changes with every change and with nothing else', async () => {
      const { stores } = await givenStores(open);
      const before = await stores.version();
      await stores.targets.list();
      expect(await stores.version()).to.equal(before);
      await stores.journal.append(newEvents(1), 'capture');
      expect(await stores.version()).to.not.equal(before);
    });

    it('has a version of what others write, which it does not change itself', async () => {
      const { stores } = await givenStores(open);
      const before = await stores.versionOfOthers();
      await stores.journal.append(newEvents(1), 'capture');
      expect(await stores.versionOfOthers()).to.equal(before);
    });

    it('hints that another connection writes', async () => {
      const { stores, another } = await givenStores(open);
      await stores.journal.append(newEvents(1), 'capture');
      const reading = await another();
      if (reading === undefined) throw new Error('there is a journal');
      closeAfterTest(() => reading.close());
      let isHeard = false;
      const heard = new Promise<void>((resolve) => {
        const end = reading.onHint(() => {
          isHeard = true;
          end();
          resolve();
        });
      });
      // A hint can be lost: whoever begins to listen may not do so yet.
      for (let i = 0; !isHeard && i < 40; i += 1) {
        await stores.journal.append(newEvents(1, `e${i}`), 'capture');
        await Promise.race([heard, delay(100)]);
      }
      await heard;
    });

    it('rejects every use of its stores after it is closed', async () => {
      const { stores } = await open();
      await stores.close();
      for (const use of [
        () => stores.journal.append(newEvents(1), 'capture'),
        () => stores.journal.head(),
        () => stores.targets.list(),
      ])
        expect(await use().catch((error: unknown) => error)).to.be.instanceOf(Error);
    });
  });
}
