import { expect } from 'chai';
import type {
  ImportOrder,
  ImportStore,
  OldQueue,
} from '../../src/spec-kitty/legacy/import-store.js';
import type { QueueRow } from '../../src/spec-kitty/legacy/queue-row.js';
import { newEvent } from '../support/events.js';
import { assertVerified, givenStores, type OpenStores } from './given-stores.js';

const NOW = 1_780_000_000_000;
const ORDER: ImportOrder = {
  file: { file: '/home/queue.db', path: 'queue.db', kind: 'legacy', digest: null },
  fingerprint: 'as it is now',
  owner: { server: 'https://a.test', user: 'ada@example.com', team: 'blue' },
  now: NOW,
};
const OTHER: ImportOrder = {
  ...ORDER,
  file: { file: '/home/queues/q.db', path: 'queues/q.db', kind: 'scoped', digest: 'aa' },
};

/** What every ImportStore promises. */
export function describeImportStore(name: string, open: OpenStores): void {
  describe(`ImportStore on ${name}`, () => {
    describeImport(open);
    describeSources(open);
    describeOpenConflicts(open);
  });
}

function describeImport(open: OpenStores): void {
  describe('importQueue', () => {
    it('takes every row into the journal with its exact bytes', async () => {
      const given = await givenStores(open);
      const { imports, journal, retention } = given.stores;
      const rows = [oldRow(1, 'a', '{ "event_id":"a" }'), oldRow(2, 'b', '{"event_id":"b"}')];
      const { counts } = await imports.importQueue(queueOf(rows), ORDER);
      expect(counts).to.include({ rows_read: 2, imported: 2, identical: 0, conflicting: 0 });
      expect(await journal.head()).to.equal(2);
      const records = await retention.records([1, 2]);
      expect(records.map(({ bytes }) => String(bytes))).to.deep.equal(
        rows.map(({ data }) => data.toString()),
      );
      expect(records[0]?.columns).to.include({
        captured_at: 1_700_000_000_000,
        producer_user: 'ada@example.com',
        producer_team: 'blue',
      });
      await assertVerified(given);
    });

    it('adds nothing for rows that were imported before, and a version for one that changed', async () => {
      const given = await givenStores(open);
      const { imports, journal } = given.stores;
      await imports.importQueue(queueOf([oldRow(1, 'a'), oldRow(2, 'b')]), ORDER);
      const rewritten = [oldRow(1, 'a'), oldRow(2, 'c'), oldRow(3, 'd')];
      const { counts } = await imports.importQueue(queueOf(rewritten), ORDER);
      expect(counts).to.include({ rows_read: 3, imported: 2, already_there: 1 });
      expect(await journal.head()).to.equal(4);
      const again = await imports.importQueue(queueOf(rewritten), ORDER);
      expect(again.counts).to.include({ rows_read: 3, imported: 0, already_there: 3 });
      await assertVerified(given);
    });

    it('recognises an event that is known, by its value', async () => {
      const { imports, journal } = (await givenStores(open)).stores;
      await journal.append(
        [newEvent('a', { bytes: Buffer.from('{"event_id":"a"}') }), newEvent('b')],
        'capture',
      );
      const rows = [oldRow(1, 'a', '{ "event_id": "a" }'), oldRow(2, 'b', '{"event_id":"b"}')];
      const { counts } = await imports.importQueue(queueOf(rows), ORDER);
      expect(counts).to.include({ imported: 0, identical: 1, conflicting: 1 });
      expect(await journal.head()).to.equal(2);
    });

    it('takes from a damaged file only rows that vouch for themselves', async () => {
      const { imports } = (await givenStores(open)).stores;
      const rows = [oldRow(1, 'a', '{"event_id":"a"}'), oldRow(2, 'b', '{"n":1}')];
      const damage = { reason: 'a page is torn', touchesRows: true };
      const { counts } = await imports.importQueue({ ...queueOf(rows), damage }, ORDER);
      expect(counts).to.include({ imported: 1, uncertain: 1 });
      expect(await imports.findSource('queue.db')).to.include({ damage: 'a page is torn' });
    });

    it('stores nothing at all when the file ends in the middle', async () => {
      const given = await givenStores(open);
      const { imports, journal } = given.stores;
      const broken = {
        ...queueOf([]),
        *rows() {
          yield oldRow(1, 'a');
          throw new Error('cannot be read on');
        },
      };
      const failure = await imports.importQueue(broken, ORDER).catch((error: Error) => error);
      expect((failure as Error).message).to.contain('cannot be read on');
      expect(await journal.head()).to.equal(0);
      expect(await imports.findSource('queue.db')).to.equal(undefined);
      await assertVerified(given);
    });
  });
}

function describeSources(open: OpenStores): void {
  describe('a source', () => {
    it('is known by its path, with what the last import found', async () => {
      const { imports } = (await givenStores(open)).stores;
      expect(await imports.findSource('queue.db')).to.equal(undefined);
      await imports.importQueue(queueOf([oldRow(1, 'a')]), ORDER);
      expect(await imports.findSource('queue.db')).to.include({
        path: 'queue.db',
        fingerprint: 'as it is now',
        events: 1,
        bodyUploads: 3,
        failureLog: null,
        damage: null,
        importedAt: NOW,
      });
    });

    it('of which nothing can be read is recorded', async () => {
      const { imports } = (await givenStores(open)).stores;
      await imports.recordUnreadable(ORDER, 'it is not a database');
      expect(await imports.findSource('queue.db')).to.include({
        events: 0,
        damage: 'it is not a database',
      });
    });

    it('says how many of its rows are not in the journal as they are now', async () => {
      const { imports } = (await givenStores(open)).stores;
      await imports.importQueue(queueOf([oldRow(1, 'a'), oldRow(2, 'b')]), ORDER);
      const id = await idOf(imports);
      expect(await imports.countWaiting(id, [oldRow(1, 'a'), oldRow(2, 'b')])).to.equal(0);
      const now = [oldRow(1, 'a'), oldRow(2, 'changed'), oldRow(3, 'c')];
      expect(await imports.countWaiting(id, now)).to.equal(2);
    });

    it('keeps its record when its file is renamed', async () => {
      const { imports } = (await givenStores(open)).stores;
      await imports.importQueue(queueOf([oldRow(1, 'a')]), ORDER);
      await imports.noteRenamed('queue.db', 'queue.db.migrated');
      expect(await imports.findSource('queue.db')).to.include({ events: 1 });
    });
  });
}

function describeOpenConflicts(open: OpenStores): void {
  describe('open conflicts', () => {
    it('are those found by imports, of one file or of all, until they are decided', async () => {
      const { conflicts, imports, journal } = (await givenStores(open)).stores;
      await journal.append([newEvent('a'), newEvent('b')], 'capture');
      await imports.importQueue(queueOf([oldRow(1, 'a', '{"event_id":"a","n":1}')]), ORDER);
      await imports.importQueue(queueOf([oldRow(1, 'b', '{"event_id":"b","n":1}')]), OTHER);
      const id = await idOf(imports);
      expect(await imports.openConflicts()).to.equal(2);
      expect(await imports.openConflictsOf(id)).to.equal(1);
      const found = await conflicts.list({ all: false, limit: 10 });
      expect(
        found.conflicts.map((one) => [one.foundBy, one.sourceDigest, one.foundAt]),
      ).to.deep.equal([
        ['import', null, NOW],
        ['import', 'aa', NOW],
      ]);
      await conflicts.decide('a', 'journal', NOW);
      expect(await imports.openConflicts()).to.equal(1);
      expect(await imports.openConflictsOf(id)).to.equal(0);
    });

    it('do not count one that a capture found', async () => {
      const { imports, journal } = (await givenStores(open)).stores;
      await journal.append([newEvent('a')], 'capture');
      await journal.append([newEvent('a', { bytes: Buffer.from('{"event_id":"a"}') })], 'capture');
      expect(await imports.openConflicts()).to.equal(0);
    });
  });
}

async function idOf(imports: ImportStore): Promise<number> {
  return (await imports.findSource('queue.db'))?.id ?? expect.fail('no source');
}

function oldRow(id: number, eventId: string, data = `{"event_id":"${eventId}"}`): QueueRow {
  return {
    id: BigInt(id),
    eventId: Buffer.from(eventId),
    eventType: Buffer.from('WPStatusChanged'),
    data: Buffer.from(data),
    timestamp: 1_700_000_000n,
    retryCount: 0n,
  };
}

/** A file with these rows, and with three uploads that nobody ever sent. */
function queueOf(rows: readonly QueueRow[]): OldQueue {
  return {
    rows: () => rows,
    count: (table) => (table === 'body_upload_queue' ? 3 : null),
    damage: null,
  };
}
