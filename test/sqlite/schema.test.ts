import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import * as published from '../../src/entities.js';
import { NewerSchemaError, StorageUnavailableError } from '../../src/files/storage-errors.js';
import { journalDataSource } from '../../src/sqlite/data-source.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { openCore, row } from '../support/core.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';

const OBJECTS = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name';
const MIGRATIONS_MADE = 'SELECT timestamp, name FROM migrations ORDER BY id';

/** A row without the blanks that only lay out its text. */
const onOneLine = (row: unknown): string => JSON.stringify(row).replaceAll(/(\\n|\s)+/g, ' ');

describe('the schema of journal.db', () => {
  it('is what the entities say: a generated diff is empty', async () => {
    const core = await openCore();
    const dataSource = journalDataSource(core.file);
    await dataSource.initialize();
    closeAfterTest(() => dataSource.destroy());
    const diff = await dataSource.driver.createSchemaBuilder().log();
    expect(diff.upQueries.map((query) => query.query)).to.deep.equal([]);
  });

  it('has every entity among those that are published', () => {
    const names = published.ENTITIES.map(({ name }) => name);
    expect(Object.keys(published)).to.include.members(names);
  });

  it('is applied by migrations that TypeORM knows of', async () => {
    const core = await openCore();
    const applied = row<{ n: number }>(core, 'SELECT count(*) AS n FROM migrations');
    expect(applied.n).to.equal(SCHEMA_VERSION);
    expect(core.db.read((db) => db.pragma('user_version', { simple: true }))).to.equal(
      SCHEMA_VERSION,
    );
  });

  it('of a new file is what all migrations together make', async () => {
    const created = await openCore();
    const migrated = journalDataSource(join(temporaryHome(), 'journal.db'));
    await migrated.initialize();
    closeAfterTest(() => migrated.destroy());
    await migrated.runMigrations();
    for (const question of [OBJECTS, MIGRATIONS_MADE, 'PRAGMA user_version'])
      expect(
        created.db.read((db) => db.prepare(question).all().map(onOneLine)),
        question,
      ).to.deep.equal((await migrated.query(question)).map(onOneLine));
  });

  it('uses WAL, synchronous=FULL and foreign keys', async () => {
    const core = await openCore();
    const pragma = (name: string) => core.db.read((db) => db.pragma(name, { simple: true }));
    expect(pragma('journal_mode')).to.equal('wal');
    expect(pragma('synchronous')).to.equal(2);
    expect(pragma('foreign_keys')).to.equal(1);
  });

  it('lives in files that only their owner can read', async () => {
    const core = await openCore();
    await core.db.write((db) =>
      db.exec(`INSERT INTO audit (at, action, reason) VALUES (1, 'a', 'r')`),
    );
    for (const name of ['journal.db', 'journal.db-wal', 'journal.db-shm']) {
      expect(statSync(join(stateOf(core.home), name)).mode & 0o777, name).to.equal(0o600);
    }
    expect(statSync(stateOf(core.home)).mode & 0o777).to.equal(0o700);
  });

  it('refuses a file of a newer redrain and leaves it as it is', async () => {
    const file = join(temporaryHome(), 'journal.db');
    const newer = new Database(file);
    newer.exec('CREATE TABLE of_the_future (x)');
    newer.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    newer.close();
    const before = hashFromChild(file);
    const refusal = await JournalDatabase.open(file).then(
      (db) => db.close(),
      (error: unknown) => error,
    );
    expect(refusal).to.be.instanceOf(NewerSchemaError);
    expect((refusal as Error).message).to.contain('upgrade redrain');
    expect(hashFromChild(file)).to.equal(before);
  });

  it('is made once when many open a new home at the same moment', async () => {
    const file = join(temporaryHome(), 'redrain', 'journal.db');
    const opened = await Promise.all(Array.from({ length: 5 }, () => JournalDatabase.open(file)));
    for (const db of opened) db.close();
    const db = new Database(file, { readonly: true });
    closeAfterTest(() => db.close());
    expect(db.prepare('SELECT count(*) AS n FROM migrations').get()).to.deep.equal({
      n: SCHEMA_VERSION,
    });
  });

  it('says that a file is damaged when it is not a database', async () => {
    const file = join(temporaryHome(), 'journal.db');
    spawnSync('sh', ['-c', `head -c 8192 /dev/zero | tr '\\0' 'x' > "${file}"`]);
    const refusal = await JournalDatabase.open(file).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(StorageUnavailableError);
    expect((refusal as StorageUnavailableError).trouble).to.equal('corrupt');
  });
});

/** Hashed by another process: opening a live database here would drop its locks. */
function hashFromChild(file: string): string {
  return spawnSync('sha256sum', [file], { encoding: 'utf8' }).stdout.split(' ')[0] ?? '';
}
