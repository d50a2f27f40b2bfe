import { expect } from 'chai';
import { rows } from '../../support/core.js';
import { idsOf, journalOf, migrated, sourceOf } from './migrated.js';
import { ERAS, givenHome, oldEvent, oldFilesOf, scopedFile, writeQueue } from './old-queues.js';

describe('old queue files of every schema era', () => {
  for (const era of ERAS)
    it(`are imported with exact bytes, order, times and retries: era ${era}`, async () => {
      const paths = givenHome();
      const later = { ...oldEvent('b'), timestamp: 1_770_000_009, retryCount: 3 };
      const first = { ...oldEvent('a', { text: 'é\ud83d\ude00' }), timestamp: 1_770_000_001 };
      const tied = { ...oldEvent('c'), timestamp: 1_770_000_001 };
      writeQueue(paths.legacyQueue, { era, rows: [later, first, tied] });
      const before = oldFilesOf(paths);

      const done = await migrated(paths);

      expect(sourceOf(done, 'queue.db')).to.include({
        status: 'imported',
        rows_read: 3,
        imported: 3,
      });
      const journal = journalOf(done.core);
      expect(journal.map(({ event_id }) => event_id)).to.deep.equal(['a', 'c', 'b']);
      expect(journal.map(({ bytes }) => bytes.toString())).to.deep.equal(
        [first, tied, later].map(({ data }) => data),
      );
      expect(journal[2]).to.include({
        captured_at: 1_770_000_009_000,
        occurred_at: Date.UTC(2026, 1, 2, 2, 40, 6),
        source: 'import',
        carries_id: 1,
        undeliverable: null,
      });
      expect(
        rows(done.core, 'SELECT row_id, enqueued_at, retry_count, seq FROM imported_row'),
      ).to.deep.equal([
        { row_id: 1, enqueued_at: 1_770_000_009, retry_count: 3, seq: 3 },
        { row_id: 2, enqueued_at: 1_770_000_001, retry_count: 0, seq: 1 },
        { row_id: 3, enqueued_at: 1_770_000_001, retry_count: 0, seq: 2 },
      ]);
      expect(oldFilesOf(paths)).to.deep.equal(before);
    });

  it('may hold body tables alone, or an event table alone; body rows are counted and never read', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { era: 'bodies', bodyUploads: 4 });
    const scoped = scopedFile(paths, 'https://a.example', 'u', 't');
    writeQueue(scoped, { era: 'E', rows: [oldEvent('x')], bodyUploads: 2, failures: 1 });

    const done = await migrated(paths);

    expect(idsOf(done.core)).to.deep.equal(['x']);
    expect(sourceOf(done, 'queue.db')).to.deep.include({
      rows_read: 0,
      body_upload_queue_count: 4,
      body_upload_failure_log_count: 0,
      warnings: ['it has no queue table'],
    });
    expect(done.report.sources[0]).to.include({
      imported: 1,
      body_upload_queue_count: 2,
      body_upload_failure_log_count: 1,
    });
  });

  it('are imported by name, and queue.db last', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: [oldEvent('legacy')] });
    for (const name of ['queue-b.db', 'queue-0000000000000000.db'])
      writeQueue(`${paths.queuesDir}/${name}`, { rows: [oldEvent(name)] });

    const done = await migrated(paths);

    expect(idsOf(done.core)).to.deep.equal(['queue-0000000000000000.db', 'queue-b.db', 'legacy']);
    expect(sourceOf(done, 'queues/queue-b.db').warnings).to.deep.equal([
      'its digest has 1 digits, not 16',
    ]);
  });
});
