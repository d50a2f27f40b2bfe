import {
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { oldQueueState } from '../../../src/spec-kitty/legacy/old-queue-state.js';
import { corruptTable, overwrite } from '../../support/faults.js';
import { idsOf, journalOf, migrated, sourceOf } from './migrated.js';
import {
  givenHome,
  oldEvent,
  oldEvents,
  oldFilesOf,
  writeHotQueue,
  writeQueue,
  writeWalQueue,
} from './old-queues.js';

const PAGE = 4096;

describe('odd files of an old queue', () => {
  it('with a hot journal give what was committed, and stay as they are', async () => {
    const paths = givenHome();
    const events = oldEvents(200);
    writeHotQueue(paths.legacyQueue, events);
    const before = oldFilesOf(paths);
    expect(Object.keys(before)).to.deep.equal(['queue.db', 'queue.db-journal']);
    expect(readFileSync(paths.legacyQueue).includes('torn {')).to.equal(true);

    const done = await migrated(paths);

    expect(sourceOf(done, 'queue.db')).to.include({ imported: 200, flagged: 0, damage: null });
    expect(journalOf(done.core).map(({ bytes }) => bytes.toString())).to.deep.equal(
      events.map(({ data }) => data),
    );
    expect(oldFilesOf(paths)).to.deep.equal(before);
  });

  it('with a -wal give its rows too, and no -shm appears', async () => {
    const paths = givenHome();
    writeWalQueue(paths.legacyQueue, oldEvents(3), oldEvents(5, 'wal'));
    const before = oldFilesOf(paths);

    const done = await migrated(paths);

    expect(sourceOf(done, 'queue.db').imported).to.equal(8);
    expect(oldFilesOf(paths)).to.deep.equal(before);
  });

  it('with damage in an index give every row, and are called damaged', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, {
      rows: [...oldEvents(300), { eventId: 'odd', data: '[]', timestamp: 1_790_000_000 }],
    });
    corruptTable(paths.legacyQueue, 'idx_timestamp');

    const done = await migrated(paths);

    const source = sourceOf(done, 'queue.db');
    expect(source).to.include({ rows_read: 301, imported: 301, uncertain: 0 });
    expect(source.damage).to.be.a('string');
    expect(idsOf(done.core).slice(0, 300)).to.deep.equal(
      oldEvents(300).map(({ eventId }) => eventId),
    );
  });

  it('with damage in the rows give those whose data has the id of its row, before and behind the damage', async () => {
    const paths = givenHome();
    const events = oldEvents(300);
    writeQueue(paths.legacyQueue, { rows: events });
    overwrite(paths.legacyQueue, leafInTheMiddle(paths.legacyQueue), Buffer.alloc(PAGE, 0x5a));

    const done = await migrated(paths);

    const source = sourceOf(done, 'queue.db');
    expect(source.damage).to.be.a('string');
    expect(source.imported).to.be.within(250, 299);
    const ids = idsOf(done.core);
    expect(ids).to.include.members([events[0]?.eventId, events[299]?.eventId]);
    const data = new Map(events.map((event) => [event.eventId, event.data]));
    for (const { event_id, bytes } of journalOf(done.core))
      expect(bytes.toString()).to.equal(data.get(event_id));
  });

  it('that were truncated, are no database, or cannot be read fail alone', async () => {
    const paths = givenHome();
    const [cut, rubbish] = ['queue-00000000000000aa.db', 'queue-00000000000000bb.db'].map((name) =>
      join(paths.queuesDir, name),
    ) as [string, string];
    writeQueue(cut, { rows: oldEvents(50) });
    truncateSync(cut, 2 * PAGE + 100);
    writeFileSync(rubbish, Buffer.alloc(3 * PAGE, 0x5a));
    symlinkSync('/nowhere/at/all', join(paths.queuesDir, 'queue-00000000000000cc.db'));
    writeQueue(paths.legacyQueue, { rows: [oldEvent('fine')] });

    const done = await migrated(paths);

    expect(idsOf(done.core)).to.include('fine');
    for (const path of ['queues/queue-00000000000000aa.db', 'queues/queue-00000000000000bb.db'])
      expect(sourceOf(done, path).damage, path).to.be.a('string');
    expect(sourceOf(done, 'queues/queue-00000000000000cc.db')).to.include({ status: 'unreadable' });
    const states = await oldQueueState(paths, done.core.imports);
    expect(states.map(({ waiting_count }) => waiting_count)).to.deep.equal([0, 0, null, 0]);
  });

  it('that are empty hold nothing, and are not trouble', async () => {
    const paths = givenHome();
    writeFileSync(paths.legacyQueue, '');
    const done = await migrated(paths);
    expect(sourceOf(done, 'queue.db')).to.include({ rows_read: 0, damage: null, error: null });
    expect(statSync(paths.legacyQueue).size).to.equal(0);
  });

  it('with a name that is no queue’s are listed with the reason', async () => {
    const paths = givenHome();
    const names = [
      'queue-ABCDEF0123456789.db',
      'queue-٠١٢٣.db',
      'queue-0123456789abcdef.db.bak',
      'queue-not_a_digest.db',
      'notes.txt',
    ];
    for (const name of names) writeQueue(join(paths.queuesDir, name), { rows: [oldEvent(name)] });
    mkdirSync(join(paths.queuesDir, 'queue-0123456789abcdef.db'));
    mkdirSync(paths.legacyQueue);

    const { report, core } = await migrated(paths);

    expect(report.sources).to.deep.equal([]);
    expect(
      Object.fromEntries(report.skipped.map(({ path, reason }) => [path, reason])),
    ).to.deep.equal({
      'queue.db': 'it is a directory, not a file',
      'queues/queue-0123456789abcdef.db': 'it is a directory, not a file',
      'queues/queue-0123456789abcdef.db.bak': 'its name does not end in .db: a copy or a backup',
      'queues/queue-ABCDEF0123456789.db':
        'its name has capital letters: the old program wrote lower-case digits only',
      'queues/queue-not_a_digest.db': 'its name is not queue-<hexadecimal digits>.db',
      'queues/queue-٠١٢٣.db': 'its name is not queue-<hexadecimal digits>.db',
    });
    expect(idsOf(core)).to.deep.equal([]);
  });

  it('are none in a home without any', async () => {
    const { report } = await migrated(givenHome());
    expect(report).to.deep.include({ sources: [], skipped: [], interrupted: false });
  });
});

/** The offset of a page that holds rows of the table: type 13, and big enough to be none of the indexes. */
function leafInTheMiddle(file: string): number {
  const bytes = readFileSync(file);
  const leaves: number[] = [];
  for (let at = PAGE; at < bytes.length; at += PAGE) if (bytes[at] === 13) leaves.push(at);
  return leaves[Math.floor(leaves.length / 2)] as number;
}
