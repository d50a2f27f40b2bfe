import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { resolveHome } from '../../src/config/home.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { oldEvents, scopedFile, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { diesBefore } from '../support/dies-before.js';
import { holdWriteLock, markAsNewer } from '../support/faults.js';
import { Machine } from '../support/machine.js';
import { givenSecondSchema } from '../support/old-schema.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

/** SHA-256 of `{}`. */
const OLD_DIGEST = createHash('sha256').update('{}').digest('hex');

const EVENT = { event_id: 'new', event_type: 'T' };

/** journal.db as a process leaves it that was killed before its schema migration had ended. */
function givenUnfinished(machine: Machine): string {
  const file = join(stateOf(machine.home), 'journal.db');
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(
    'CREATE TABLE migrations (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, timestamp bigint NOT NULL, name varchar NOT NULL)',
  );
  db.close();
  return file;
}

const schemaOf = (file: string): unknown => {
  const db = new Database(file, { readonly: true });
  const found = db.pragma('user_version', { simple: true });
  db.close();
  return found;
};

describe('incident 12: machines that had not migrated captured nothing', () => {
  it('a home of the old program captures at once, and what waits in its files is named', async () => {
    const cli = new WarmCli();
    const paths = resolveHome({ home: cli.home, env: {} });
    writeQueue(scopedFile(paths, 'https://a.example', 'ada', 'blue'), { rows: oldEvents(2) });
    writeQueue(paths.legacyQueue, { era: 'A', rows: oldEvents(3, 'a') });
    cli.configure('[sync]\nserver_url = "https://a.example"\nmax_queue_size = 10000\n');

    const run = await cli.run(['capture'], { stdin: JSON.stringify(EVENT) });
    expect(run, run.stderr).to.include({ code: 0, stdout: 'captured 1 event\n' });
    const machine = new Machine(cli.env, cli.home);
    expect(machine.rows('SELECT event_id FROM event')).to.deep.equal([{ event_id: 'new' }]);
    const { migration_conflicts } = await machine.open().status();
    expect(migration_conflicts)
      .to.have.property('waiting_files')
      .that.satisfies((files: { path: string }[]) =>
        files.map(({ path }) => path).includes(paths.legacyQueue),
      );
  });

  it('an older journal is brought up to date by the first that opens it', async () => {
    const machine = new Machine();
    const file = givenUnfinished(machine);
    await machine.open().capture(EVENT);
    expect(schemaOf(file)).to.equal(SCHEMA_VERSION);
    expect(machine.rows('SELECT event_id FROM event')).to.deep.equal([{ event_id: 'new' }]);
  });

  it('a process that is killed in the middle of that leaves the work to the next', async () => {
    const cli = new WarmCli();
    const machine = new Machine(cli.env, cli.home);
    const file = givenUnfinished(machine);
    for (const sql of ['CREATE TABLE "payload"', 'CREATE TRIGGER', 'user_version =']) {
      const options = { stdin: JSON.stringify(EVENT), env: diesBefore(sql) };
      const killed = await cli.run(['capture'], options);
      expect(killed.signal, `${sql}: ${killed.stderr}`).to.equal('SIGKILL');
      expect(schemaOf(file), sql).to.equal(0);
    }
    await machine.open().capture(EVENT);
    expect(schemaOf(file)).to.equal(SCHEMA_VERSION);
    expect(machine.rows('SELECT event_id FROM event')).to.deep.equal([{ event_id: 'new' }]);
    expect(await machine.open().verify()).to.include({ ok: true });
  });

  it('so does one that is killed in a migration of what an earlier version has kept', async () => {
    const cli = new WarmCli();
    const { home, db } = givenSecondSchema(cli.home);
    db.exec(`INSERT INTO origin VALUES (1, 'p', '', '');
      INSERT INTO event (seq, event_id, event_type, origin_id, source, captured_at, carries_id, sha256, size)
        VALUES (1, 'old', 'T', 1, 'capture', 1, 1, x'${OLD_DIGEST}', 2);
      INSERT INTO payload VALUES (1, x'7b7d'); INSERT INTO live VALUES (1, 1);
      INSERT INTO journal_count VALUES (1, 'live', 1, 1, 2)`);
    db.close();
    const machine = new Machine(cli.env, home);
    for (const sql of ['DROP TABLE origin', 'user_version = 3', 'RENAME TO target']) {
      const options = { stdin: JSON.stringify(EVENT), env: diesBefore(sql) };
      const killed = await cli.run(['capture'], options);
      expect(killed.signal, `${sql}: ${killed.stderr}`).to.equal('SIGKILL');
    }
    await machine.open().capture(EVENT);
    expect(schemaOf(join(home, 'redrain', 'journal.db'))).to.equal(SCHEMA_VERSION);
    expect(machine.rows('SELECT event_id FROM event ORDER BY seq')).to.deep.equal([
      { event_id: 'old' },
      { event_id: 'new' },
    ]);
    expect(await machine.open().verify()).to.include({ ok: true });
  });

  it('one that cannot be migrated now says why, keeps the event, and is migrated later', async () => {
    const cli = new WarmCli();
    cli.configure('[sync]\nmode = "LOCAL_RETENTION"\n[sync.capture]\nbusy_timeout_ms = 0\n');
    const machine = new Machine(cli.env, cli.home);
    const file = givenUnfinished(machine);
    const lock = holdWriteLock(file);
    const run = await cli.run(['capture', '--json'], { stdin: JSON.stringify(EVENT) });
    expect(run.code, run.stderr).to.equal(0);
    expect(run.json()).to.include({ captured: 0, spooled: 1, lost: 0 });
    const now = await cli.run(['now']);
    expect(now.code).to.equal(1);
    expect(now.stderr).to.contain(`${file}: the database stayed locked`);
    expect(schemaOf(file)).to.equal(0);

    lock.release();
    expect(await machine.open().capture({ event_id: 'later', event_type: 'T' })).to.include({
      kind: 'captured',
    });
    expect(schemaOf(file)).to.equal(SCHEMA_VERSION);
    expect(machine.rows('SELECT event_id FROM event ORDER BY seq')).to.deep.equal([
      { event_id: 'new' },
      { event_id: 'later' },
    ]);
  });

  it('one of a newer redrain is left alone, the event is kept, and the command to type is named', async () => {
    const machine = new Machine().sendTo('stub:');
    const first = machine.open();
    await first.capture({ event_id: 'first', event_type: 'T' });
    await first.close();
    const file = join(stateOf(machine.home), 'journal.db');
    markAsNewer(file, SCHEMA_VERSION + 1);

    const redrain = machine.open();
    expect(await redrain.capture(EVENT)).to.include({ kind: 'spooled' });
    const failure = await redrain.drain().catch((error: unknown) => error);
    expect(String(failure)).to.contain('upgrade redrain');

    markAsNewer(file, SCHEMA_VERSION);
    expect(await machine.open().drain()).to.include({ delivered: 2 });
  });
});
