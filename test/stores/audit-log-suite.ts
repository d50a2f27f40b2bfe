import { expect } from 'chai';
import { newEvent } from '../support/events.js';
import { givenStores, type OpenStores } from './given-stores.js';

const DISCARDED = { action: 'discarded', family: 'f', reason: 'nobody wants it' } as const;
const REFUSED = { action: 'discard_refused', family: 'f', reason: 'it is evidence' } as const;

/** What every AuditLog promises. */
export function describeAuditLog(name: string, open: OpenStores): void {
  describe(`AuditLog on ${name}`, () => {
    it('is empty at first', async () => {
      const { audit } = (await givenStores(open)).stores;
      expect(await audit.list(10)).to.deep.equal([]);
      expect(await audit.ofEvent('a')).to.deep.equal([]);
      expect(await audit.idsWithBytes()).to.deep.equal([]);
      expect(await audit.find(1)).to.equal(undefined);
    });

    it('has what capture decided, newest first', async () => {
      const { audit, journal } = (await givenStores(open)).stores;
      const events = [newEvent('a', { audit: REFUSED }), newEvent('b', { audit: DISCARDED })];
      await journal.append(events, 'capture');
      const [newest, oldest, ...more] = await audit.list(10);
      expect(more).to.deep.equal([]);
      expect(newest).to.include({
        ...DISCARDED,
        id: 2,
        event_id: 'b',
        event_type: 'WPStatusChanged',
        holds_bytes: true,
        in_journal: false,
      });
      expect(oldest).to.include({ ...REFUSED, id: 1, event_id: 'a', in_journal: true });
      expect(newest?.at).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(await audit.list(1)).to.deep.equal([newest]);
      expect(await audit.ofEvent('a')).to.deep.equal([oldest]);
    });

    it('has an event that only it holds with its exact bytes, and with all else that capture knew', async () => {
      const { audit, journal } = (await givenStores(open)).stores;
      const event = newEvent('b', { audit: DISCARDED, timestamp: 'soon' });
      await journal.append([newEvent('a', { audit: REFUSED }), event], 'capture');
      expect(await audit.idsWithBytes()).to.deep.equal([2]);
      const found = await audit.find(2);
      expect(found?.bytes.equals(event.bytes)).to.equal(true);
      expect(found?.details).to.deep.include({
        eventId: 'b',
        timestamp: 'soon',
        capturedAt: 1_000,
      });
      expect(await audit.find(1), 'its bytes are in the journal').to.equal(undefined);
      expect(await audit.find(99)).to.equal(undefined);
    });

    it('says that an event is in the journal by now', async () => {
      const { audit, journal } = (await givenStores(open)).stores;
      await journal.append([newEvent('a', { audit: DISCARDED })], 'capture');
      await journal.append([newEvent('a')], 'capture');
      expect((await audit.ofEvent('a'))[0]).to.include({ in_journal: true, holds_bytes: true });
    });

    it('has the decisions on conflicts', async () => {
      const { audit, conflicts, journal } = (await givenStores(open)).stores;
      await journal.append([newEvent('e')], 'capture');
      const other = Buffer.from('{"event_id":"e","other":1}');
      await journal.append([newEvent('e', { bytes: other })], 'capture');
      await conflicts.decide('e', 'journal', 5_000);
      const [decision] = await audit.ofEvent('e');
      expect(decision).to.include({
        action: 'conflict_resolved',
        at: '1970-01-01T00:00:05.000Z',
        holds_bytes: false,
      });
    });
  });
}
