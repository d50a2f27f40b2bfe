import { expect } from 'chai';
import type { ArchiveRecord } from '../../src/retention/archive-record.js';
import type { RestoredChunk } from '../../src/retention/restore-store.js';
import { newEvent, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  assertVerified,
  drained,
  ensureTarget,
  type GivenStores,
  givenDelivered,
  givenStores,
  type OpenStores,
} from './given-stores.js';

const ANY_AGE = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: true };
const ORDER = { now: 9_000, archiveId: 'archive-1', addMissing: false };
const ADDING = { ...ORDER, addMissing: true };
const NOTHING: RestoredChunk = {
  restored: 0,
  present: 0,
  redacted: 0,
  added: 0,
  conflicts: 0,
  unknown: 0,
};

/** What every RestoreStore promises. */
export function describeRestoreStore(name: string, open: OpenStores): void {
  describe(`RestoreStore on ${name}`, () => {
    describeOwnRecords(open);
    describeStrangers(open);
  });
}

/** Records of these events, whose bytes then leave the journal. */
async function archived(
  { stores }: GivenStores,
  seqs: readonly number[],
): Promise<ArchiveRecord[]> {
  const records = await stores.retention.records(seqs);
  const record = { kind: 'archive', archiveId: ORDER.archiveId } as const;
  await stores.retention.purge(seqs, ANY_AGE, record, 5_000);
  return records;
}

function describeOwnRecords(open: OpenStores): void {
  describe('of events that this journal archived', () => {
    it('restores bytes, class and counters; a preview says so and changes nothing', async () => {
      const given = await givenDelivered(open, 3);
      const { restoring, retention } = given.stores;
      const records = await archived(given, [1, 2, 3]);
      const expected = { ...NOTHING, restored: 3 };
      expect(await restoring.preview(records, ORDER)).to.deep.equal(expected);
      expect(await retention.records([1, 2, 3])).to.deep.equal([]);
      expect(await restoring.restore(records, ORDER)).to.deep.equal(expected);
      expect(await retention.records([1, 2, 3])).to.deep.equal(records);
      await assertVerified(given);
      expect(await drained(given)).to.deep.equal([]);
    });

    it('changes nothing the second time', async () => {
      const given = await givenDelivered(open, 2);
      const { restoring } = given.stores;
      const records = await archived(given, [1, 2]);
      await restoring.restore(records, ORDER);
      expect(await restoring.restore(records, ORDER)).to.deep.equal({ ...NOTHING, present: 2 });
      await assertVerified(given);
    });

    it('has a target that lacks an event get it, also when its lane has passed it', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(3), 'capture');
      const refusing = new ScriptedReceiver();
      refusing.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'r' }));
      await drained(given, 1, refusing);
      const records = await archived(given, [1, 2, 3]);
      const second = await ensureTarget(given, 'b');
      await given.stores.journal.append([newEvent('later')], 'capture');
      expect(await drained(given, second)).to.deep.equal(['later']);
      await given.stores.restoring.restore(records, ORDER);
      const ids = newEvents(3).map(({ eventId }) => eventId);
      expect(await drained(given, second)).to.have.members(ids);
      expect(await drained(given)).to.have.members([...ids, 'later']);
      await assertVerified(given);
    });

    it('keeps coalesced events coalesced: readable, never sent', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(2, 'c', { coalesceKey: 'k' }), 'capture');
      const records = await archived(given, [1]);
      expect(await given.stores.restoring.restore(records, ORDER)).to.include({ restored: 1 });
      expect(await given.stores.retention.records([1])).to.deep.equal(records);
      expect(await drained(given)).to.deep.equal(['c-000002']);
      await assertVerified(given);
    });

    it('never brings back what was redacted since', async () => {
      const given = await givenDelivered(open, 2);
      const records = await archived(given, [1, 2]);
      await given.stores.redaction.redact('e-000001', { reason: 'r', now: 6_000 });
      const expected = { ...NOTHING, restored: 1, redacted: 1 };
      expect(await given.stores.restoring.restore(records, ORDER)).to.deep.equal(expected);
      expect((await given.stores.retention.records([1, 2])).map(({ seq }) => seq)).to.deep.equal([
        2,
      ]);
      await assertVerified(given);
    });

    it('takes a record without bytes for a redacted one', async () => {
      const given = await givenDelivered(open, 1);
      const [record] = (await archived(given, [1])) as [ArchiveRecord];
      const erased = { ...record, bytes: null };
      const done = await given.stores.restoring.restore([erased], ADDING);
      expect(done).to.deep.equal({ ...NOTHING, redacted: 1 });
    });

    it('stores nothing of a chunk with bytes that contradict their digest', async () => {
      const given = await givenDelivered(open, 2);
      const [one, two] = (await archived(given, [1, 2])) as [ArchiveRecord, ArchiveRecord];
      const forged = { ...two, bytes: Buffer.from('{"event_id":"e-000002","forged":true}') };
      const refusal = await given.stores.restoring.restore([one, forged], ORDER).catch((e) => e);
      expect(refusal).to.be.instanceOf(Error);
      expect(await given.stores.retention.records([1, 2])).to.deep.equal([]);
      await assertVerified(given);
    });
  });
}

function describeStrangers(open: OpenStores): void {
  describe('of events of another journal', () => {
    /** Records of another journal: two it has alone. */
    async function strangers(...ids: string[]): Promise<ArchiveRecord[]> {
      const other = await givenStores(open);
      const events = ids.map((id) => newEvent(id, { timestamp: 'of the other' }));
      await other.stores.journal.append(events, 'capture');
      return other.stores.retention.records(ids.map((_, i) => i + 1));
    }

    it('leaves them alone, unless it is told to add what is missing', async () => {
      const given = await givenDelivered(open, 1);
      const { restoring, retention, audit } = given.stores;
      const records = await strangers('x', 'y');
      expect(await restoring.restore(records, ORDER)).to.deep.equal({ ...NOTHING, unknown: 2 });
      const expected = { ...NOTHING, added: 2 };
      expect(await restoring.preview(records, ADDING)).to.deep.equal(expected);
      expect(await retention.head()).to.equal(1);
      expect(await restoring.restore(records, ADDING)).to.deep.equal(expected);
      const added = await retention.records([2, 3]);
      expect(added.map(({ bytes }) => bytes)).to.deep.equal(records.map(({ bytes }) => bytes));
      expect(added[0]?.columns).to.include({ source: 'archive', event_time: 'of the other' });
      const [entry] = await audit.ofEvent('x');
      expect(entry).to.include({ action: 'added_from_archive', reason: ORDER.archiveId });
      // No record says where they have been: every target gets them.
      expect(await drained(given)).to.deep.equal(['x', 'y']);
      await assertVerified(given);
    });

    it('knows an event again under another number', async () => {
      const given = await givenStores(open);
      await given.stores.journal.append(
        [newEvent('first'), newEvent('x', { timestamp: 'of the other' })],
        'capture',
      );
      const records = await strangers('x');
      expect(await given.stores.restoring.restore(records, ADDING)).to.deep.equal({
        ...NOTHING,
        present: 1,
      });
    });

    it('keeps both where the journal has other bytes under the id', async () => {
      const given = await givenStores(open);
      const bytes = Buffer.from('{"event_id":"x","event_type":"Other"}');
      await given.stores.journal.append([newEvent('x', { bytes })], 'capture');
      const records = await strangers('x');
      const expected = { ...NOTHING, conflicts: 1 };
      expect(await given.stores.restoring.preview(records, ADDING)).to.deep.equal(expected);
      expect(await given.stores.restoring.restore(records, ADDING)).to.deep.equal(expected);
      expect((await given.stores.redaction.traces('x')).conflicts).to.equal(1);
      await assertVerified(given);
    });

    it('adds nothing under an id that this journal redacted', async () => {
      const given = await givenStores(open);
      const bytes = Buffer.from('{"event_id":"x","event_type":"Other"}');
      await given.stores.journal.append([newEvent('x', { bytes })], 'capture');
      await given.stores.redaction.redact('x', { reason: 'r', now: 1 });
      const records = await strangers('x');
      expect(await given.stores.restoring.restore(records, ADDING)).to.deep.equal({
        ...NOTHING,
        redacted: 1,
      });
    });
  });
}
