import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { asStorageError, StorageUnavailableError } from '../../src/files/storage-errors.js';
import { plainMessage } from '../../src/files/trouble.js';
import { JobsDatabase } from '../../src/queue/jobs-database.js';
import { failCalls } from '../support/disk-watch.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const system = (code: string, path = '/h/f'): Error =>
  Object.assign(new Error(`${code}: words of libuv, open '${path}'`), {
    code,
    path,
    syscall: 'open',
  });

/** Codes, what becomes of a database of them, and words for people. */
const CODES: readonly [code: string, trouble: string, words: RegExp][] = [
  ['ENOSPC', 'full', /the disk is full/],
  ['EDQUOT', 'full', /disk quota is used up/],
  ['EROFS', 'readonly', /file system is read-only/],
  ['EACCES', 'readonly', /no permission/],
  ['EPERM', 'readonly', /system does not allow it/],
  ['EIO', 'io', /disk reported an error/],
  ['EMFILE', 'limit', /too many open files/],
  ['ENAMETOOLONG', 'limit', /path is too long/],
];

describe('an error of the file system', () => {
  for (const [code, trouble, words] of CODES)
    it(`is said in words: ${code}`, () => {
      const message = plainMessage(system(code));
      expect(message)
        .to.match(words)
        .and.match(/^\/h\/f: /);
      expect(message).to.not.contain(code);
      const error = asStorageError('/h/journal.db', system(code)) as StorageUnavailableError;
      expect(error).to.include({ name: 'StorageUnavailableError', trouble });
      expect(error.message)
        .to.match(words)
        .and.match(/^\/h\/journal\.db: /);
      expect(error.message).to.not.contain(code);
    });

  it('is known by its number where Node.js has no name for it', () => {
    const error = Object.assign(new Error('Unknown system error -122: -122, write'), {
      errno: -122,
      code: 'Unknown system error -122',
    });
    expect((asStorageError('/h/f', error) as StorageUnavailableError).trouble).to.equal('full');
  });

  it('is left alone when it is none', () => {
    expect(plainMessage(new Error('what it says'))).to.equal('what it says');
    expect(plainMessage('a text')).to.equal('a text');
  });
});

/** What `statfs` says until the test ends. */
function withRoom(room: object): void {
  const { statfsSync } = fs;
  fs.statfsSync = (() => room) as never;
  syncBuiltinESMExports();
  closeAfterTest(() => {
    fs.statfsSync = statfsSync;
    syncBuiltinESMExports();
  });
}

describe('what SQLite leaves open is looked up at the directory of the file:', () => {
  const cannotOpen = Object.assign(new Error('unable to open database file'), {
    code: 'SQLITE_CANTOPEN',
  });
  const troubleAt = (home: string): string =>
    (asStorageError(join(home, 'journal.db'), cannotOpen) as StorageUnavailableError).trouble;

  it('a disk without room', () => {
    withRoom({ bsize: 4096, bavail: 3, files: 9, ffree: 9 });
    expect(troubleAt(temporaryHome())).to.equal('full');
  });

  it('a disk without a name left', () => {
    withRoom({ bsize: 4096, bavail: 9_999, files: 9, ffree: 0 });
    expect(troubleAt(temporaryHome())).to.equal('full');
  });

  it('nothing that can be seen: SQLite has the word', () => {
    expect(troubleAt(temporaryHome())).to.equal('readonly');
  });

  for (const [code, trouble] of [
    ['EROFS', 'readonly'],
    ['EMFILE', 'limit'],
    ['EIO', 'io'],
  ] as const)
    it(`${code} is ${trouble}`, () => {
      const home = temporaryHome();
      failCalls(['openSync'], code);
      expect(troubleAt(home)).to.equal(trouble);
    });
});

describe('a full disk', () => {
  it('is said to be full while jobs.db is made', async () => {
    const file = join(temporaryHome(), 'redrain', 'jobs.db');
    failCalls(['openSync'], 'ENOSPC', (path) => path === file);
    const error = await JobsDatabase.open(file).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(StorageUnavailableError);
    expect((error as Error).message).to.match(/^\S+jobs\.db: the disk is full \(make room on it/);
  });

  it('costs an event by name, with what to do, when there is no room for anything', async () => {
    const home = join(temporaryHome(), 'home');
    failCalls(['mkdirSync'], 'ENOSPC');
    const app = new App({ home, env: {} });
    const bytes = Buffer.from('{"event_id":"e1","event_type":"T"}');
    const [verdict] = await app.captureGroup([{ bytes }]);
    expect(verdict).to.include({ kind: 'lost', eventId: 'e1' });
    const { reason } = verdict as { reason: string };
    expect(reason).to.match(/^journal: \S+journal\.db: the disk is full \(make room/);
    expect(reason).to.match(/; spool: \S+: the disk is full: make room/);
    expect(reason).to.not.contain('ENOSPC');
  });
});
