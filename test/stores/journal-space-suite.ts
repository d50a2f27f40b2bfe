import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { newEvent } from '../support/events.js';
import {
  assertVerified,
  drained,
  ensureTarget,
  givenStores,
  type OpenStores,
} from './given-stores.js';

/** What every JournalSpace promises. */
export function describeJournalSpace(name: string, open: OpenStores): void {
  describe(`JournalSpace on ${name}`, () => {
    it('gives back what purged bytes leave free, and loses nothing', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      const { journal, retention, space } = given.stores;
      for (let i = 0; i < 20; i += 1) {
        // An engine may compress what it stores: these bytes are as many there.
        const p = randomBytes(37_500).toString('base64');
        const bytes = Buffer.from(JSON.stringify({ event_id: `big-${i}`, p }));
        await journal.append([newEvent(`big-${i}`, { bytes })], 'capture');
      }
      await drained(given);
      const scope = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: false };
      const seqs = Array.from({ length: 19 }, (_, i) => i + 1);
      await retention.purge(seqs, scope, { kind: 'gc' }, 1);
      expect(await space.freeBytes()).to.be.above(19 * 40_000);
      const { before_bytes, after_bytes, won_bytes, remains } = await space.compact();
      expect(won_bytes)
        .to.equal(before_bytes - after_bytes)
        .and.above(19 * 40_000);
      expect(remains).to.deep.equal([]);
      expect(await space.freeBytes()).to.be.below(50_000);
      expect(await retention.records([20])).to.have.length(1);
      await assertVerified(given);
    });
  });
}
