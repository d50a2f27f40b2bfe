import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { runGc } from '../../src/app/gc.js';
import { compact } from '../../src/files/compact.js';
import { StorageUnavailableError } from '../../src/files/storage-errors.js';
import {
  ownTemporaryDirectory,
  provideTemporaryDirectory,
  temporaryDirectories,
} from '../../src/files/temporary-directory.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenDeliveredOnSqlite, NO_CONTROL, retained } from './given-journal.js';

const NOWHERE = '/nowhere/at/all';

describe('a temporary directory', () => {
  it('that is named is taken first, one beside the database next, those that cannot be written never', () => {
    const home = temporaryHome();
    const file = join(home, 'file');
    writeFileSync(file, '');
    const [first, second] = [join(home, 'a'), join(home, 'b')];
    mkdirSync(first);
    mkdirSync(second);
    const found = (env: NodeJS.ProcessEnv) => temporaryDirectories(second, env).slice(0, 2);
    expect(found({ SQLITE_TMPDIR: first, TMPDIR: home })).to.deep.equal([first, second]);
    expect(found({ SQLITE_TMPDIR: file, TMPDIR: home })).to.deep.equal([second, home]);
    expect(found({ SQLITE_TMPDIR: NOWHERE, TMPDIR: NOWHERE })[0]).to.equal(second);
  });

  it('is provided only where the system has none', () => {
    const home = temporaryHome();
    const env: NodeJS.ProcessEnv = { TMPDIR: home };
    provideTemporaryDirectory(home, env);
    expect(env).to.deep.equal({ TMPDIR: home });
    const bare: NodeJS.ProcessEnv = {};
    provideTemporaryDirectory(home, bare, []);
    expect(bare).to.deep.equal({ SQLITE_TMPDIR: home });
    const none: NodeJS.ProcessEnv = {};
    provideTemporaryDirectory(NOWHERE, none, []);
    expect(none).to.deep.equal({});
  });

  it('of our own is another one when TMPDIR names none, and an error only when there is none', () => {
    expect(ownTemporaryDirectory(NOWHERE)).to.be.a('string');
    expect(() => ownTemporaryDirectory(NOWHERE, [])).to.throw(
      StorageUnavailableError,
      /name one in TMPDIR/,
    );
  });
});

describe('gc --vacuum', () => {
  it('works where neither TMPDIR nor SQLITE_TMPDIR is a directory', async () => {
    const cli = new WarmCli({ TMPDIR: NOWHERE, SQLITE_TMPDIR: NOWHERE });
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(300));
    expect((await cli.run(['now'])).code).to.equal(0);
    const run = await cli.run(['gc', '--vacuum', '--yes']);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout)
      .to.match(/The file shrank from/)
      .and.to.match(/Targets added later will not get these events/);
  });

  it('that cannot rewrite the file has purged, says so, and loses nothing', async () => {
    const keeping = await givenDeliveredOnSqlite(3);
    await keeping.journal.append(newEvents(2, 'kept'), 'capture');
    const app = new App({ home: keeping.home, env: {} });
    closeAfterTest(() => app.close());
    const report = await runGc(app, { vacuum: true }, NO_CONTROL, () =>
      Promise.reject(new StorageUnavailableError(keeping.file, 'full', 'no room')),
    );
    expect(report).to.include({ events: 3, vacuum: null });
    expect(report.vacuum_error).to.match(/the disk is full \(no room\)/);
    expect(await retained(keeping)).to.deep.equal(['kept-000001', 'kept-000002']);
  });

  it('tells what prevents a file from being rewritten', async () => {
    const file = join(temporaryHome(), 'x.db');
    writeFileSync(
      file,
      'this is not a database, and it is long enough to be told from an empty file',
    );
    const error = await compact(file, process.env).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StorageUnavailableError);
    expect((error as Error).message).to.match(/could not be rewritten: file is not a database/);
  });
});
