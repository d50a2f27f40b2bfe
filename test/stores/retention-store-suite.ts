import { expect } from 'chai';
import type { ArchiveRecord } from '../../src/retention/archive-record.js';
import type { PurgeRecord } from '../../src/retention/retention-store.js';
import type { RetentionScope } from '../../src/retention/scope.js';
import { targetDescription } from '../support/core.js';
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

const ANY_AGE = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: false };
const EVEN_UNDELIVERED = { ...ANY_AGE, includeUndelivered: true };
const ALL = { first: 1, last: 1_000 };
const GC: PurgeRecord = { kind: 'gc' };
const ARCHIVE: PurgeRecord = { kind: 'archive', archiveId: 'archive-1' };

/** What every RetentionStore promises. */
export function describeRetentionStore(name: string, open: OpenStores): void {
  describe(`RetentionStore on ${name}`, () => {
    describeChoice(open);
    describePurge(open);
    describeArchives(open);
  });
}

function describeChoice(open: OpenStores): void {
  describe('eligible', () => {
    it('is what every target has, in journal order and within the span', async () => {
      const { stores } = await givenDelivered(open, 4);
      expect(await stores.retention.head()).to.equal(4);
      const found = await stores.retention.eligible({ first: 2, last: 3 }, ANY_AGE);
      const { size } = await payloadOf(stores, 2);
      expect(found).to.deep.equal(
        [2, 3].map((seq) => ({ seq, size, coalesced: false, settled: true })),
      );
    });

    it('is nothing without a target, in an empty journal, or with retired targets only', async () => {
      const given = await givenStores(open);
      expect(await given.stores.retention.head()).to.equal(0);
      expect(await eligible(given)).to.deep.equal([]);
      await given.stores.journal.append(newEvents(3), 'capture');
      expect(await eligible(given)).to.deep.equal([]);
      const other = await givenDelivered(open, 3);
      await other.stores.targets.retire(1, 1);
      expect(await eligible(other)).to.deep.equal([]);
    });

    it('waits for every target that is not retired', async () => {
      const given = await givenDelivered(open, 2);
      const second = await ensureTarget(given, 'b');
      expect(await eligible(given)).to.deep.equal([]);
      await given.stores.targets.retire(second, 1);
      expect(await eligible(given)).to.deep.equal([1, 2]);
    });

    it('does not wait for targets that exclude an event, but for one that has it', async () => {
      const given = await givenDelivered(open, 3);
      const { stores } = given;
      const from = { ...targetDescription('later'), settings: { from: 'now' } };
      await stores.targets.ensure(from, 1_000);
      expect(await eligible(given)).to.deep.equal([1, 2, 3]);
      await stores.journal.append(newEvents(2, 'b', { eventType: 'Other' }), 'capture');
      await drained(given);
      const typed = await ensureTarget(given, 'typed');
      expect(await eligible(given)).to.deep.equal([]);
      const typesOf = new Map([[typed, ['Oth*']]]);
      expect(await eligible(given, { ...ANY_AGE, typesOf })).to.deep.equal([1, 2, 3]);
      await drained(given, 2);
      await drained(given, typed);
      expect(await eligible(given)).to.deep.equal([1, 2, 3, 4, 5]);
    });

    it('is nothing that every target excludes', async () => {
      const given = await givenStores(open);
      await given.stores.journal.append(newEvents(2), 'capture');
      const id = await ensureTarget(given);
      const typesOf = new Map([[id, ['Other']]]);
      expect(await eligible(given, { ...ANY_AGE, typesOf })).to.deep.equal([]);
      await given.stores.targets.startAt(id, 3, 1_000);
      expect(await eligible(given)).to.deep.equal([]);
    });

    it('is nothing younger than the scope', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      const { journal } = given.stores;
      for (const capturedAt of [10, 20, 30])
        await journal.append([newEvent(`at-${capturedAt}`, { capturedAt })], 'capture');
      await drained(given);
      expect(await eligible(given, { ...ANY_AGE, capturedBy: 20 })).to.deep.equal([1, 2]);
    });

    it('is a coalesced event at once, without any target', async () => {
      const { stores } = await givenStores(open);
      await stores.journal.append(newEvents(3, 'c', { coalesceKey: 'k' }), 'capture');
      const found = await stores.retention.eligible(ALL, ANY_AGE);
      expect(found.map(({ seq, coalesced, settled }) => [seq, coalesced, settled])).to.deep.equal([
        [1, true, true],
        [2, true, true],
      ]);
    });

    it('is an undelivered event only when the scope includes it', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(2), 'capture');
      expect(await eligible(given)).to.deep.equal([]);
      const found = await given.stores.retention.eligible(ALL, EVEN_UNDELIVERED);
      expect(found.map(({ seq, settled }) => [seq, settled])).to.deep.equal([
        [1, false],
        [2, false],
      ]);
    });

    const OUTCOMES = [
      { kind: 'rejected', reason: 'r' },
      { kind: 'terminal_failed', reason: 'r' },
      { kind: 'transient', reason: 'r' },
      { kind: 'pending', serverState: 'queued' },
    ] as const;
    for (const outcome of OUTCOMES)
      it(`is no event that is ${outcome.kind}`, async () => {
        const given = await givenStores(open);
        await ensureTarget(given);
        await given.stores.journal.append(newEvents(3), 'capture');
        const receiver = new ScriptedReceiver();
        receiver.answer = (batch) => results(batch, () => outcome);
        await drained(given, 1, receiver);
        await assertNothingGoes(given, ANY_AGE);
      });

    it('is no event on the wire, by any scope', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(3), 'capture');
      const receiver = new ScriptedReceiver();
      receiver.answer = async (batch) => {
        await assertNothingGoes(given, EVEN_UNDELIVERED);
        return results(batch, () => ({ kind: 'success' }));
      };
      await drained(given, 1, receiver);
      expect(await eligible(given)).to.deep.equal([1, 2, 3]);
    });

    it('is no event that is to be replayed, by any scope', async () => {
      const given = await givenDelivered(open, 3);
      await replay(given, [1, 2, 3]);
      await assertNothingGoes(given, EVEN_UNDELIVERED);
    });
  });

  /** Neither chosen nor purged, by gc or by an archive. */
  async function assertNothingGoes(given: GivenStores, scope: typeof ANY_AGE): Promise<void> {
    expect(await eligible(given, scope)).to.deep.equal([]);
    const { retention } = given.stores;
    for (const record of [GC, ARCHIVE])
      expect(await retention.purge([1, 2, 3], scope, record, 1)).to.include({ events: 0 });
    expect(await retention.records([1, 2, 3])).to.have.length(3);
  }
}

function describePurge(open: OpenStores): void {
  describe('purge', () => {
    it('deletes payload bytes and keeps event, digest and ledger', async () => {
      const given = await givenDelivered(open, 3);
      const { retention, journal } = given.stores;
      const { size } = await payloadOf(given.stores, 1);
      const gone = await retention.purge([1, 3], ANY_AGE, GC, 5_000);
      expect(gone).to.deep.equal({ events: 2, bytes: 2 * size, damaged: 0 });
      expect((await retention.records([1, 2, 3])).map(({ seq }) => seq)).to.deep.equal([2]);
      expect(await eligible(given)).to.deep.equal([2]);
      expect(await journal.append(newEvents(1), 'capture')).to.deep.equal(['duplicate']);
      expect(await retention.head()).to.equal(3);
      await assertVerified(given);
    });

    it('leaves what tells the same content in another spelling from another content', async () => {
      const { stores } = await givenDelivered(open, 1);
      await stores.retention.purge([1], ANY_AGE, GC, 1);
      const spelt = Buffer.from('{ "event_type":"WPStatusChanged", "event_id":"e-000001" }');
      const other = Buffer.from('{"event_id":"e-000001","event_type":"Other"}');
      const again = [spelt, other].map((bytes) => newEvent('e-000001', { bytes }));
      expect(await stores.journal.append(again, 'capture')).to.deep.equal([
        'duplicate',
        'conflict',
      ]);
    });

    it('twice changes nothing the second time', async () => {
      const { stores } = await givenDelivered(open, 2);
      await stores.retention.purge([1, 2], ANY_AGE, GC, 1);
      const again = await stores.retention.purge([1, 2], ANY_AGE, GC, 2);
      expect(again).to.deep.equal({ events: 0, bytes: 0, damaged: 0 });
    });

    it('leaves purged events out of every later drain, also of a new target', async () => {
      const given = await givenDelivered(open, 3);
      await given.stores.retention.purge([1, 2, 3], ANY_AGE, GC, 1);
      const second = await ensureTarget(given, 'b');
      expect(await drained(given, second)).to.deep.equal([]);
      await assertVerified(given);
    });

    it('chooses again: what was marked for a replay meanwhile stays', async () => {
      const given = await givenDelivered(open, 2);
      expect(await eligible(given)).to.deep.equal([1, 2]);
      await replay(given, [1]);
      await given.stores.retention.purge([1, 2], ANY_AGE, GC, 1);
      expect((await given.stores.retention.records([1, 2])).map(({ seq }) => seq)).to.deep.equal([
        1,
      ]);
      await assertVerified(given);
    });

    it('takes undelivered events for an archive, never for gc', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      const { journal, retention } = given.stores;
      await journal.append(newEvents(2), 'capture');
      expect(await retention.purge([1, 2], EVEN_UNDELIVERED, GC, 1)).to.include({ events: 0 });
      expect(await retention.purge([1, 2], EVEN_UNDELIVERED, ARCHIVE, 1)).to.include({ events: 2 });
      expect(await drained(given)).to.deep.equal([]);
      await assertVerified(given, ['counters', 'ledger']);
    });
  });
}

function describeArchives(open: OpenStores): void {
  describe('archives', () => {
    it('get exact bytes, digest and columns of each event, in journal order', async () => {
      const { stores } = await givenStores(open);
      const bytes = Buffer.from('{"event_id": "odd",  "event_type":"T", "n":1.50}\n');
      const odd = newEvent('odd', { bytes, timestamp: 'soon' });
      await stores.journal.append([newEvent('first'), odd], 'capture');
      const [, record] = await stores.retention.records([2, 1]);
      expect(record?.bytes?.equals(bytes)).to.equal(true);
      expect(record).to.include({ seq: 2, event_id: 'odd' });
      expect(record?.sha256).to.equal(odd.sha256.toString('hex'));
      expect(record?.columns).to.include({
        event_type: 'WPStatusChanged',
        event_time: 'soon',
        captured_at: 1_000,
        revision: 1,
        project_uuid: '',
      });
    });

    it('own the records that this journal has under the same number, purged or not', async () => {
      const { stores } = await givenDelivered(open, 3);
      const records = await stores.retention.records([1, 2, 3]);
      await stores.retention.purge([1], ANY_AGE, GC, 1);
      expect(await stores.retention.own(records)).to.deep.equal([1, 2, 3]);
      const [one, two, three] = records as [ArchiveRecord, ArchiveRecord, ArchiveRecord];
      const strangers = [
        { ...one, event_id: 'other' },
        { ...two, sha256: one.sha256 },
        { ...three, bytes: null },
        { ...three, seq: 99 },
      ];
      expect(await stores.retention.own(strangers)).to.deep.equal([]);
    });

    it('are known by what they hold the only bytes of', async () => {
      const { stores } = await givenDelivered(open, 6);
      const { retention } = stores;
      await retention.purge([2, 3], ANY_AGE, ARCHIVE, 1);
      await retention.purge([5], ANY_AGE, { kind: 'archive', archiveId: 'archive-2' }, 1);
      expect(await retention.needsArchive('archive-1')).to.equal(true);
      expect(await retention.needsArchive('archive-3')).to.equal(false);
      expect(await retention.dependsOn('archive-1', [[4, 6]])).to.equal(false);
      expect(
        await retention.dependsOn('archive-1', [
          [1, 1],
          [3, 6],
        ]),
      ).to.equal(true);
      expect(
        await retention.countBehind('archive-1', [
          [1, 2],
          [3, 6],
        ]),
      ).to.equal(2);
      expect(await retention.countBehind('archive-2', [[1, 6]])).to.equal(1);
    });
  });
}

async function eligible(
  { stores }: GivenStores,
  scope: RetentionScope = ANY_AGE,
): Promise<number[]> {
  return (await stores.retention.eligible(ALL, scope)).map(({ seq }) => seq);
}

async function replay({ stores }: GivenStores, seqs: readonly number[]): Promise<void> {
  await stores.requeue.requeue({ kind: 'replay', targetId: 1, filter: { seqs }, now: 1 });
}

async function payloadOf(stores: GivenStores['stores'], seq: number): Promise<{ size: number }> {
  const [record] = await stores.retention.records([seq]);
  return { size: record?.bytes?.length ?? 0 };
}
