import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Spool } from '../../src/journal/spool.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { envelopes, givenRedrain } from '../library/given-redrain.js';
import { newEvents } from '../support/events.js';
import {
  corruptHeader,
  corruptTable,
  holdWriteLock,
  markAsNewer,
  putFileInPlaceOf,
} from '../support/faults.js';
import { makeTheirs, stateOf } from '../support/temporary-home.js';
import { JOURNAL_SECTIONS, readableStatus } from './status-sections.js';

const DAMAGES: [what: string, damage: (file: string) => void, words: RegExp][] = [
  ['that is not a database any more', corruptHeader, /damaged/],
  ['with a damaged counter table', (file) => corruptTable(file, 'journal_count'), /damaged/],
  ['of a newer redrain', (file) => markAsNewer(file, SCHEMA_VERSION + 1), /newer redrain/],
];

const SPOOL_TROUBLES: [what: string, cause: (spoolDir: string) => void][] = [
  ['a file is where the spool should be', putFileInPlaceOf],
];

describe('the status of a home without a journal', () => {
  it('is zeros that were counted, and says what waits in the spool', async () => {
    const { home, redrain } = await givenRedrain();
    const empty = await readableStatus(redrain);
    expect(empty.event_journal).to.deep.include({
      retained_event_count: 0,
      oldest_retained_event_at: null,
      journal_size_bytes: 0,
      spool: { files: 0, events: 0, torn_files: 0 },
    });
    expect(empty.delivery_ledger.per_target).to.deep.equal([]);
    new Spool(join(stateOf(home), 'spool')).write(newEvents(3));
    expect((await readableStatus(redrain)).event_journal.spool).to.deep.equal({
      files: 1,
      events: 3,
      torn_files: 0,
    });
  });
});

describe('the status of a journal', () => {
  for (const [what, damage, words] of DAMAGES) {
    it(`${what} is an error in each section, and no zero that nobody counted`, async () => {
      const { home, redrain } = await givenRedrain();
      await redrain.captureMany(envelopes(3));
      await redrain.close();
      damage(join(stateOf(home), 'journal.db'));
      makeTheirs(home);
      const status = await redrain.status();
      for (const name of JOURNAL_SECTIONS) {
        // Old queue files are counted where they lie, whatever became of the journal.
        const fields = Object.keys(status[name]).filter((field) => field !== 'waiting_files');
        expect(fields, name).to.deep.equal(['error']);
        expect((status[name] as { error: string }).error).to.match(words);
      }
      expect(status.target_authority).to.not.have.property('error');
    });
  }

  it('that somebody is writing to is read all the same', async () => {
    const { home, redrain } = await givenRedrain();
    await redrain.captureMany(envelopes(3));
    holdWriteLock(join(stateOf(home), 'journal.db'));
    expect((await readableStatus(redrain)).event_journal.retained_event_count).to.equal(3);
  });

  it('counts a directory with the name of a spool file as one that waits', async () => {
    const { home, redrain } = await givenRedrain();
    await redrain.captureMany(envelopes(3));
    mkdirSync(join(stateOf(home), 'spool', 'x.spool'), { recursive: true });
    const { event_journal: journal } = await readableStatus(redrain);
    expect(journal.spool).to.deep.include({ files: 1, events: 0 });
  });

  for (const [what, cause] of SPOOL_TROUBLES) {
    it(`is read also when ${what}`, async () => {
      const { home, redrain } = await givenRedrain();
      await redrain.captureMany(envelopes(3));
      cause(join(stateOf(home), 'spool'));
      const status = await redrain.status();
      expect(Object.keys(status.event_journal)).to.deep.equal(['error']);
      expect(status).to.include({ ok: false, exit_code: 2 });
      for (const name of JOURNAL_SECTIONS.slice(1))
        expect(status[name], name).to.not.have.property('error');
    });
  }
});

describe('the journal section', () => {
  it('has bytes, count and age of what is retained', async () => {
    const { redrain, clock } = await givenRedrain();
    const texts = ['{"event_id":"a","event_type":"T"}', '{"event_id":"b","event_type":"T","é":1}'];
    const first = new Date(clock.now).toISOString();
    for (const text of texts) {
      await redrain.capture(text);
      clock.now += 60_000;
    }
    expect((await readableStatus(redrain)).event_journal).to.include({
      retained_event_count: 2,
      journal_size_bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
      oldest_retained_event_at: first,
    });
  });

  it('counts torn spool files until somebody has looked at them', async () => {
    const { home, redrain } = await givenRedrain();
    const spool = join(stateOf(home), 'spool');
    new Spool(spool).write(newEvents(2));
    writeFileSync(join(spool, '00.spool'), 'not whole');
    await redrain.capture({ event_id: 'a', event_type: 'T' });
    const { event_journal } = await readableStatus(redrain);
    expect(event_journal.spool).to.deep.equal({ files: 0, events: 0, torn_files: 1 });
    expect(event_journal.retained_event_count).to.equal(3);
  });
});

describe('the conflict section', () => {
  it('lists what was found at capture and in the spool, with both digests', async () => {
    const { home, redrain } = await givenRedrain();
    await redrain.capture({ event_id: 'a', event_type: 'T' });
    await redrain.capture({ event_id: 'a', event_type: 'T', other: 1 });
    const { event_journal, migration_conflicts } = await readableStatus(redrain);
    expect(event_journal.retained_event_count).to.equal(1);
    expect(migration_conflicts).to.include({ count: 1, cleanup_blocked: true });
    const [conflict] = migration_conflicts.conflicts;
    expect(conflict).to.include({ event_id: 'a', source_digest: null });
    expect(conflict?.existing_sha).to.match(/^[0-9a-f]{64}$/);
    expect(conflict?.incoming_sha).to.match(/^[0-9a-f]{64}$/);
    new Spool(join(stateOf(home), 'spool')).write(
      newEvents(1, 'x').map((event) => ({ ...event, eventId: 'a' })),
    );
    await redrain.drain();
    expect((await readableStatus(redrain)).migration_conflicts.count).to.equal(2);
  });
});
