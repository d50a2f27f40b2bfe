import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { NewerSchemaError, StorageUnavailableError } from '../../src/files/storage-errors.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { type Core, openCore, rows } from '../support/core.js';
import { newEvents } from '../support/events.js';
import {
  corruptHeader,
  corruptTable,
  holdWriteLock,
  markAsNewer,
  setWritable,
} from '../support/faults.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

describe('a unit of work on the journal database', () => {
  it('leaves nothing behind when it throws', async () => {
    const core = await openCore();
    const failure = await core.db
      .write((db) => {
        note(db, 'first');
        throw new Error('in the middle');
      })
      .catch((error: Error) => error.message);
    expect(failure).to.equal('in the middle');
    expect(notes(core)).to.deep.equal([]);
    await core.db.write((db) => note(db, 'second'));
    expect(notes(core)).to.deep.equal(['second']);
  });

  it('is atomic when many start in the same turn of the event loop', async () => {
    const core = await openCore();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        core.db.write((db) => {
          note(db, `${i}`);
          if (i % 4 === 3) throw new Error(`unit ${i} fails`);
        }),
      ),
    );
    const failed = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [one.reason.message] : [],
    );
    expect(failed).to.deep.equal([3, 7, 11, 15, 19].map((i) => `unit ${i} fails`));
    const kept = Array.from({ length: 20 }, (_, i) => i).filter((i) => i % 4 !== 3);
    expect(notes(core)).to.deep.equal(kept.map(String));
  });

  it('is not seen by a read that starts beside it before it is done', async () => {
    const core = await openCore();
    const writing = core.db.write((db) => {
      note(db, 'only');
      throw new Error('taken back');
    });
    const seenBeside = core.db.read(() => notes(core).length);
    await writing.catch(() => undefined);
    expect(seenBeside).to.equal(0);
    expect(notes(core)).to.deep.equal([]);
  });

  it('waits for another writer without holding the event loop, then goes on', async () => {
    const core = await openCore();
    const other = holdWriteLock(core.file);
    const writing = core.db.write((db) => note(db, 'late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(notes(core), 'still waiting').to.deep.equal([]);
    other.release();
    await writing;
    expect(notes(core)).to.deep.equal(['late']);
  });

  it('stops waiting for a lock after a time, and works again afterwards', async () => {
    const core = await openCore(undefined, { busyTimeoutMs: 0 });
    const other = holdWriteLock(core.file);
    expect(await troubleOf(core)).to.equal('busy');
    other.release();
    await core.db.write((db) => note(db, 'later'));
    expect(notes(core)).to.deep.equal(['later']);
  });

  it('stores nothing of a group the disk has no room for, and can still be read', async () => {
    const core = await openCore();
    const pages = core.db.read((db) => db.pragma('page_count', { simple: true })) as number;
    const small = await openCore(core.home, { maxPages: pages + 4 });
    const failure = await small.journal
      .append(newEvents(500), 'capture')
      .catch((error: unknown) => error);
    expect((failure as StorageUnavailableError).trouble).to.equal('full');
    expect(rows(small, 'SELECT * FROM event')).to.deep.equal([]);
    expect(rows(small, 'SELECT * FROM journal_count')).to.deep.equal([]);
    expect(await small.journal.append(newEvents(1), 'capture')).to.deep.equal(['captured']);
  });

  it('says that the file cannot be written', async () => {
    const file = await givenClosedJournal();
    setWritable(file, false);
    const db = await JournalDatabase.open(file);
    closeAfterTest(() => db.close());
    const failure = await db.write((raw) => note(raw, 'no')).catch((error: unknown) => error);
    expect((failure as StorageUnavailableError).trouble).to.equal('readonly');
  });

  it('says that a page is damaged', async () => {
    const file = await givenClosedJournal();
    corruptTable(file, 'audit');
    const db = await JournalDatabase.open(file);
    closeAfterTest(() => db.close());
    const failure = await db.write((raw) => note(raw, 'no')).catch((error: unknown) => error);
    expect((failure as StorageUnavailableError).trouble).to.equal('corrupt');
    expect((failure as Error).message).to.contain(file);
  });
});

describe('opening a journal for reading', () => {
  it('finds none where there is none, and makes none', async () => {
    const file = join(temporaryHome(), 'redrain', 'journal.db');
    expect(JournalDatabase.openReadOnly(file)).to.equal(undefined);
    expect(existsSync(dirname(file))).to.equal(false);
  });

  it('reads on while somebody else writes', async () => {
    const core = await openCore();
    await core.journal.append(newEvents(2), 'capture');
    holdWriteLock(core.file);
    const db = JournalDatabase.openReadOnly(core.file) as JournalDatabase;
    closeAfterTest(() => db.close());
    expect(db.statement('SELECT count(*) AS n FROM event').get()).to.deep.equal({ n: 2 });
  });

  it('cannot write', async () => {
    const core = await openCore();
    const db = JournalDatabase.openReadOnly(core.file) as JournalDatabase;
    closeAfterTest(() => db.close());
    const failure = await db.write((raw) => note(raw, 'no')).catch((error: unknown) => error);
    expect((failure as StorageUnavailableError).trouble).to.equal('readonly');
  });

  it('refuses a file of a newer redrain', async () => {
    const file = await givenClosedJournal();
    markAsNewer(file, SCHEMA_VERSION + 1);
    expect(() => JournalDatabase.openReadOnly(file)).to.throw(NewerSchemaError, 'upgrade redrain');
  });

  it('says that the file is damaged', async () => {
    const file = await givenClosedJournal();
    corruptHeader(file);
    expect(() => JournalDatabase.openReadOnly(file)).to.throw(StorageUnavailableError, 'damaged');
  });
});

type Raw = Parameters<Parameters<JournalDatabase['write']>[0]>[0];

function note(db: Raw, text: string): void {
  db.prepare(`INSERT INTO audit (at, action, reason) VALUES (1, 'note', ?)`).run(text);
}

function notes(core: Core): string[] {
  return rows<{ reason: string }>(core, 'SELECT reason FROM audit ORDER BY id').map(
    (entry) => entry.reason,
  );
}

async function troubleOf(core: Core): Promise<string> {
  const failure = await core.db.write((db) => note(db, 'no')).catch((error: unknown) => error);
  return (failure as StorageUnavailableError).trouble;
}

async function givenClosedJournal(): Promise<string> {
  const core = await openCore();
  core.db.close();
  return core.file;
}
