import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { makeDirectory, syncDirectory } from '../../src/files/directory.js';
import { JobsDatabase } from '../../src/queue/jobs-database.js';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import { failCalls, watchDisk } from '../support/disk-watch.js';
import { putFileInPlaceOf } from '../support/faults.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';

const EVENT = { bytes: Buffer.from('{"event_id":"e1","event_type":"T"}') };

function appOn(home: string): App {
  const app = new App({ home, env: {} });
  closeAfterTest(() => app.close());
  return app;
}

async function captured(app: App): Promise<string | undefined> {
  return (await app.captureGroup([EVENT]))[0]?.kind;
}

describe('a new directory', () => {
  it('is for this user alone, and on disk with each one above it that was made', () => {
    const root = temporaryHome();
    const { synced } = watchDisk();
    makeDirectory(join(root, 'a', 'b', 'c'));
    expect(synced).to.deep.equal([join(root, 'a', 'b'), join(root, 'a'), root]);
    expect(statSync(join(root, 'a')).mode & 0o777).to.equal(0o700);
  });

  it('keeps the mode that it has', () => {
    const directory = join(temporaryHome(), 'there');
    mkdirSync(directory, { mode: 0o750 });
    makeDirectory(directory);
    expect(statSync(directory).mode & 0o777).to.equal(0o750);
  });
});

describe('synchronising a directory', () => {
  for (const code of ['EPERM', 'EISDIR', 'EACCES', 'EINVAL', 'ENOTSUP'])
    it(`is left out where the system cannot do it (${code})`, () => {
      failCalls(['fsyncSync'], code);
      expect(() => syncDirectory(temporaryHome())).to.not.throw();
    });

  for (const code of ['EIO', 'ENOSPC', 'EROFS'])
    it(`fails when the disk does (${code})`, () => {
      failCalls(['fsyncSync'], code);
      expect(() => syncDirectory(temporaryHome())).to.throw(code);
    });
});

describe('what an acknowledged event rests on is on disk:', () => {
  it('the state directory and the home, when the journal is new', async () => {
    const home = join(temporaryHome(), 'user', 'home');
    const { synced } = watchDisk();
    expect(await captured(appOn(home))).to.equal('captured');
    expect(synced).to.include.members([stateOf(home), home, dirname(home)]);
  });

  it('the same, when a killed process made the directories and did not get further', async () => {
    const home = join(temporaryHome(), 'home');
    mkdirSync(join(stateOf(home), 'locks'), { recursive: true });
    const { synced } = watchDisk();
    expect(await captured(appOn(home))).to.equal('captured');
    expect(synced).to.include.members([stateOf(home), home, dirname(home)]);
  });

  it('the spool, the state directory and the home, when the journal cannot be written', async () => {
    const home = join(temporaryHome(), 'home');
    mkdirSync(join(stateOf(home), 'spool'), { recursive: true });
    mkdirSync(join(stateOf(home), 'journal.db'));
    const { synced } = watchDisk();
    expect(await captured(appOn(home))).to.equal('spooled');
    const state = stateOf(home);
    expect(synced).to.include.members([join(state, 'spool'), state, home, dirname(home)]);
  });

  it('the same for a job in a new jobs.db', async () => {
    const home = join(temporaryHome(), 'home');
    mkdirSync(join(stateOf(home), 'locks'), { recursive: true });
    const { synced } = watchDisk();
    const jobs = await JobsDatabase.open(join(stateOf(home), 'jobs.db'));
    jobs.close();
    expect(synced).to.include.members([stateOf(home), home, dirname(home)]);
  });

  it('the archive, which a killed process may have made', () => {
    const state = temporaryHome();
    mkdirSync(join(state, 'archive'));
    const { synced } = watchDisk();
    new ArchiveDirectory(join(state, 'archive')).ensure();
    expect(synced).to.deep.equal([state]);
  });

  it('nothing is acknowledged when the disk cannot do that', async () => {
    const home = join(temporaryHome(), 'home');
    putFileInPlaceOf(join(stateOf(home), 'spool'));
    failCalls(['fsyncSync'], 'EIO');
    const [verdict] = await appOn(home).captureGroup([EVENT]);
    expect(verdict).to.include({ kind: 'lost', eventId: 'e1' });
  });
});
