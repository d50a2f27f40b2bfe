import { expect } from 'chai';
import { newEvents } from '../support/events.js';
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
      const reading = await another();
      const heard = new Promise<void>((resolve) => {
        const end = reading.onHint(() => {
          end();
          resolve();
        });
      });
      await stores.journal.append(newEvents(1), 'capture');
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
