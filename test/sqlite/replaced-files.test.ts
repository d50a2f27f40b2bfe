import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { NewerSchemaError, StorageUnavailableError } from '../../src/files/storage-errors.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { type Core, openCore } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const SIDECARS = ['', '-wal', '-shm'];

/** A copy of the journal as a backup tool makes it. */
function backupOf(file: string): string {
  const copy = `${file}.backup`;
  const db = new Database(file);
  db.exec(`VACUUM INTO '${copy}'`);
  db.close();
  return copy;
}

/** What an operator does who puts a backup in place. */
function putBack(backup: string, file: string): void {
  for (const suffix of SIDECARS) rmSync(file + suffix, { force: true });
  copyFileSync(backup, file);
}

async function troubleOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => 'none',
    (reason: unknown) => reason,
  );
  if (error === 'none') return 'none';
  expect(error).to.be.instanceOf(StorageUnavailableError);
  return (error as StorageUnavailableError).trouble;
}

function idsIn(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const ids = db.prepare('SELECT event_id FROM event ORDER BY seq').pluck().all() as string[];
  db.close();
  return ids;
}

/** Ways in which the file behind the handle stops being the file at the path. */
const CHANGES: Readonly<Record<string, (file: string, backup: string) => void>> = {
  'a backup put in its place': (file, backup) => putBack(backup, file),
  'a file moved over it': (file, backup) => renameSync(backup, file),
  'the removal of the file': (file) => rmSync(file),
  'the removal of the whole home': (file) => rmSync(join(file, '..'), { recursive: true }),
  'the removal of its log': (file) => rmSync(`${file}-wal`),
  'the removal of the index of its log': (file) => rmSync(`${file}-shm`),
  'another log in the place of its own': (file) => {
    rmSync(`${file}-wal`);
    writeFileSync(`${file}-wal`, '');
  },
};

describe('an open journal', () => {
  for (const [name, change] of Object.entries(CHANGES))
    it(`takes nothing more after ${name}, and says so`, async () => {
      const core = await openCore();
      await core.journal.append(newEvents(1), 'capture');
      const backup = backupOf(core.file);
      const old = new Database(core.file, { readonly: true });
      closeAfterTest(() => old.close());
      const count = old.prepare('SELECT count(*) FROM event').pluck();
      expect(count.get()).to.equal(1);
      change(core.file, backup);
      expect(await troubleOf(core.journal.append(newEvents(2), 'capture'))).to.equal('replaced');
      expect(await troubleOf(core.db.maintain(() => undefined))).to.equal('replaced');
      expect(() => core.db.assertCurrent()).to.throw(/replaced or removed while/);
      expect(() => core.db.statement('SELECT 1'), 'a statement').to.throw(/replaced or removed/);
      expect(() => core.db.read(() => 1), 'a read').to.throw(/replaced or removed/);
      expect(count.get(), 'what was written to the file that was open').to.equal(1);
    });

  it('acknowledges nothing that was written while its file was replaced', async () => {
    const core = await openCore();
    const backup = backupOf(core.file);
    const writing = core.db.write(() => putBack(backup, core.file));
    expect(await troubleOf(writing)).to.equal('replaced');
  });

  it('writes nothing with old statements once a newer redrain has changed its schema', async () => {
    const core = await openCore();
    raiseSchema(core);
    const failure = await core.journal.append(newEvents(1), 'capture').catch((e: unknown) => e);
    expect(failure).to.be.instanceOf(NewerSchemaError);
    expect(() => core.db.assertCurrent()).to.throw(NewerSchemaError);
    expect(idsIn(core.file)).to.deep.equal([]);
  });
});

function raiseSchema({ file }: Core): void {
  const other = new Database(file);
  other.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  other.close();
}

describe('a process that works on a home', () => {
  const capture = async (app: App, id: string): Promise<string> => {
    // What one turn of the event loop has looked at stands until its end.
    await new Promise((resolve) => setImmediate(resolve));
    const bytes = Buffer.from(JSON.stringify({ event_id: id, event_type: 'T' }));
    return (await app.captureGroup([{ bytes }]))[0]?.kind ?? 'nothing';
  };

  async function givenApp(): Promise<App> {
    const app = new App({ home: temporaryHome(), env: {} });
    closeAfterTest(() => app.close());
    expect(await capture(app, 'before')).to.equal('captured');
    return app;
  }

  it('opens a journal that was put in place, and captures into that', async () => {
    const app = await givenApp();
    const { journalDb } = app.paths;
    putBack(backupOf(journalDb), journalDb);
    expect(await capture(app, 'after')).to.equal('captured');
    expect(idsIn(journalDb)).to.deep.equal(['before', 'after']);
    await app.assertJournal();
  });

  it('makes the home again when it was removed', async () => {
    const app = await givenApp();
    rmSync(app.paths.state, { recursive: true });
    expect(await capture(app, 'after')).to.equal('captured');
    expect(idsIn(app.paths.journalDb)).to.deep.equal(['after']);
  });

  it('brings what is in a log that was deleted into the journal', async () => {
    const app = await givenApp();
    // As long as others have it open, no close brings the log in.
    const other = new Database(app.paths.journalDb, { readonly: true });
    closeAfterTest(() => other.close());
    other.prepare('SELECT count(*) FROM event').get();
    rmSync(`${app.paths.journalDb}-wal`);
    expect(await capture(app, 'after')).to.equal('captured');
    expect(idsIn(app.paths.journalDb)).to.deep.equal(['before', 'after']);
  });

  it('puts captures into the spool while another program reads by the index of a deleted log', async () => {
    const app = await givenApp();
    const { journalDb } = app.paths;
    const other = new Database(journalDb, { readonly: true });
    closeAfterTest(() => other.close());
    other.exec('BEGIN');
    other.prepare('SELECT count(*) FROM event').get();
    rmSync(`${journalDb}-wal`);
    expect(await capture(app, 'after')).to.equal('spooled');
    const failure = await app.assertJournal().catch((error: Error) => error.message);
    expect(failure).to.match(/journal\.db-wal was deleted while other programs use it: end them/);
    other.exec('COMMIT');
    other.close();
    expect(await capture(app, 'later')).to.equal('captured');
    expect(idsIn(journalDb)).to.deep.equal(['before', 'after', 'later']);
  });

  it('puts captures into the spool while the log of the file before lies beside the new one', async () => {
    const app = await givenApp();
    const { journalDb } = app.paths;
    renameSync(backupOf(journalDb), journalDb);
    expect(await capture(app, 'after')).to.equal('spooled');
    const failure = await app.assertJournal().catch((error: Error) => error.message);
    expect(failure).to.match(
      /journal\.db-wal belongs to the file that was there before: end every/,
    );
    for (const suffix of ['-wal', '-shm']) rmSync(journalDb + suffix);
    expect(await capture(app, 'later')).to.equal('captured');
    expect(idsIn(journalDb)).to.deep.equal(['before', 'after', 'later']);
  });

  it('puts captures into the spool after a newer redrain changed the schema', async () => {
    const app = await givenApp();
    const other = new Database(app.paths.journalDb);
    other.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    other.close();
    expect(await capture(app, 'after')).to.equal('spooled');
    const failure = await app.assertJournal().catch((error: Error) => error);
    expect(failure).to.be.instanceOf(NewerSchemaError);
    expect(idsIn(app.paths.journalDb)).to.deep.equal(['before']);
  });

  it('loses an event by name when the home is out of reach altogether', async () => {
    const app = await givenApp();
    rmSync(app.paths.state, { recursive: true });
    writeFileSync(app.paths.state, 'in the way');
    expect(await capture(app, 'after')).to.equal('lost');
  });
});
