import { expect } from 'chai';
import { openCore, row, rows } from '../../support/core.js';
import { newEvent } from '../../support/events.js';
import { idsOf, journalOf, migrated, NOW, sourceOf } from './migrated.js';
import { appendRows, givenHome, oldEvent, oldEvents, writeQueue } from './old-queues.js';

const SCOPED = 'queues/queue-00000000000000aa.db';

describe('one event in several old queues', () => {
  it('is one event with every place it was found, when the contents are equal by value', async () => {
    const paths = givenHome();
    const scoped = `${paths.home}/${SCOPED}`;
    writeQueue(scoped, {
      rows: [{ eventId: 'e', data: '{"event_id": "e", "n": 100.0, "a": "é"}' }],
    });
    writeQueue(paths.legacyQueue, {
      rows: [{ eventId: 'e', data: '{"a":"\\u00e9","n":1e2,"event_id":"e"}', retryCount: 2 }],
    });

    const done = await migrated(paths);

    expect(sourceOf(done, 'queue.db')).to.include({ identical: 1, imported: 0, conflicting: 0 });
    expect(journalOf(done.core)).to.have.length(1);
    expect(journalOf(done.core)[0]?.bytes.toString()).to.contain('100.0');
    expect(
      rows(
        done.core,
        `SELECT s.path, i.retry_count, i.seq, i.conflict_id FROM imported_row i
        JOIN import_source s ON s.id = i.source_id ORDER BY s.id`,
      ),
    ).to.deep.equal([
      { path: SCOPED, retry_count: 0, seq: 1, conflict_id: null },
      { path: 'queue.db', retry_count: 2, seq: 1, conflict_id: null },
    ]);
  });

  for (const [what, one, other] of [
    ['1 and 1.0', '1', '1.0'],
    ['-0.0 and 0.0', '-0.0', '0.0'],
    ['integers beyond 2^53', '9007199254740993', '9007199254740992'],
    ['NFC and NFD', '"\\u00e9"', '"e\\u0301"'],
  ] as const)
    it(`is a conflict with both payloads kept when they differ: ${what}`, async () => {
      const paths = givenHome();
      writeQueue(`${paths.home}/${SCOPED}`, {
        rows: [{ eventId: 'e', data: `{"event_id": "e", "n": ${one}}` }],
      });
      const incoming = `{"event_id": "e", "n": ${other}}`;
      writeQueue(paths.legacyQueue, { rows: [{ eventId: 'e', data: incoming }] });

      const done = await migrated(paths);

      expect(done.report.open_conflicts).to.equal(1);
      expect(sourceOf(done, 'queue.db')).to.include({ conflicting: 1, imported: 0 });
      const conflict = row<{ incoming_bytes: Buffer; found_by: string; found_at: number }>(
        done.core,
        'SELECT * FROM conflict',
      );
      expect(conflict).to.include({ found_by: 'import', source_digest: null, found_at: NOW });
      expect(conflict.incoming_bytes.toString()).to.equal(incoming);
      expect(journalOf(done.core)[0]?.bytes.toString()).to.contain(one);
    });

  it('that was captured before is recognised, or is a conflict of that file', async () => {
    const paths = givenHome();
    const core = await openCore(paths.home);
    const same = Buffer.from('{"event_id":"same"}');
    await core.journal.append([newEvent('same', { bytes: same }), newEvent('other')], 'capture');
    writeQueue(`${paths.home}/${SCOPED}`, {
      rows: [{ eventId: 'same', data: '{ "event_id": "same" }' }, oldEvent('other')],
    });

    const done = await migrated(paths, core);

    expect(sourceOf(done, SCOPED)).to.include({ identical: 1, conflicting: 1, imported: 0 });
    expect(row(core, 'SELECT event_id, source_digest FROM conflict')).to.deep.equal({
      event_id: 'other',
      source_digest: '00000000000000aa',
    });
  });
});

describe('an import that is run again', () => {
  it('opens nothing that has not changed, imports nothing and adds no provenance', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: oldEvents(20) });
    const first = await migrated(paths);
    const before = rows(first.core, 'SELECT * FROM imported_row');

    const again = await migrated(paths, first.core, { scratch: '/nowhere/at/all' });

    expect(sourceOf(again, 'queue.db')).to.include({
      status: 'unchanged',
      already_there: 20,
      imported: 0,
    });
    expect(rows(again.core, 'SELECT * FROM imported_row')).to.deep.equal(before);
  });

  it('takes in what is new, and rows that were rewritten in place', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    const first = await migrated(paths);
    appendRows(paths.legacyQueue, [oldEvent('new')]);
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(paths.legacyQueue);
    db.prepare('UPDATE queue SET event_id = ?, data = ?, retry_count = 5 WHERE id = 2').run(
      'coalesced',
      '{"event_id": "coalesced"}',
    );
    db.prepare('UPDATE queue SET retry_count = 9 WHERE id = 1').run();
    db.close();

    const again = await migrated(paths, first.core);

    expect(sourceOf(again, 'queue.db')).to.include({
      status: 'imported',
      rows_read: 4,
      imported: 2,
      already_there: 2,
    });
    expect(idsOf(again.core)).to.deep.equal([
      ...oldEvents(3).map(({ eventId }) => eventId),
      'coalesced',
      'new',
    ]);
    expect(
      rows(again.core, 'SELECT version, retry_count FROM imported_row WHERE row_id = 2'),
    ).to.deep.equal([
      { version: 1, retry_count: 0 },
      { version: 2, retry_count: 5 },
    ]);
  });

  it('finds the same conflict once', async () => {
    const paths = givenHome();
    writeQueue(`${paths.home}/${SCOPED}`, { rows: [oldEvent('e')] });
    writeQueue(paths.legacyQueue, { rows: [oldEvent('e', { more: 1 })] });
    const first = await migrated(paths);
    appendRows(paths.legacyQueue, [oldEvent('new')]);
    writeQueue(`${paths.queuesDir}/queue-00000000000000bb.db`, {
      rows: [oldEvent('e', { more: 1 })],
    });

    const again = await migrated(paths, first.core);

    expect(again.report.open_conflicts).to.equal(1);
    expect(again.report.totals).to.include({ imported: 1, already_there: 2, conflicting: 1 });
    expect(row(first.core, 'SELECT count(*) AS n FROM conflict')).to.deep.equal({ n: 1 });
  });
});
