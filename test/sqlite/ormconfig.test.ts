import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { journalDataSource } from '../../src/sqlite/data-source.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { openCore, rows } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';

const TYPEORM = createRequire(import.meta.url).resolve('typeorm/cli');
const ORMCONFIG = fileURLToPath(new URL('../../ormconfig.js', import.meta.url));

describe('TypeORM’s own command line, on ormconfig', () => {
  it('makes the schema that redrain then works with', async () => {
    const home = temporaryHome();
    expect(migrations('migration:run', home)).to.contain('executed successfully');
    expect(migrations('migration:show', home)).to.match(/\[X\] .*JournalAndLedger/);
    const db = new Database(join(stateOf(home), 'journal.db'));
    expect(db.pragma('user_version', { simple: true })).to.equal(SCHEMA_VERSION);
    expect(db.pragma('journal_mode', { simple: true })).to.equal('wal');
    db.close();
    const core = await openCore(home);
    expect(await core.journal.append(newEvents(2), 'capture')).to.deep.equal([
      'captured',
      'captured',
    ]);
  });

  it('finds nothing to do on a journal that redrain made', async () => {
    const core = await openCore();
    await core.journal.append(newEvents(2), 'capture');
    core.db.close();
    expect(migrations('migration:run', core.home)).to.contain('No migrations are pending');
    const again = await openCore(core.home);
    expect(rows(again, 'SELECT event_id FROM event')).to.have.length(2);
  });

  it('refuses to take a journal back to an older schema', async () => {
    const core = await openCore();
    const dataSource = journalDataSource(core.file);
    await dataSource.initialize();
    closeAfterTest(() => dataSource.destroy());
    const refusal = await dataSource.undoLastMigration().catch((error: Error) => error.message);
    expect(refusal).to.contain('never taken back');
    expect(core.db.read((db) => db.pragma('user_version', { simple: true }))).to.equal(
      SCHEMA_VERSION,
    );
  });
});

/** Runs one of its commands in a process of its own, and returns what it printed. */
function migrations(command: string, home: string): string {
  // A home of its own also for whatever TypeORM might read besides.
  const env = { REDRAIN_HOME: home, HOME: home };
  const args = [TYPEORM, command, '-d', ORMCONFIG];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(status, stderr).to.equal(0);
  return stdout;
}
