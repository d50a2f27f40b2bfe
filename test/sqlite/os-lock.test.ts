import { rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { OsLock } from '../../src/files/os-lock.js';
import { StorageUnavailableError } from '../../src/files/storage-errors.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { startChild } from './children/start-child.js';

describe('a lock on a file', () => {
  let file: string;
  beforeEach(() => {
    file = join(temporaryHome(), 'locks', 'target-1.lock');
  });

  it('has one holder at a time', () => {
    const lock = OsLock.tryAcquire(file);
    expect(OsLock.tryAcquire(file)).to.equal(undefined);
    lock?.release();
    const next = OsLock.tryAcquire(file);
    expect(next).to.be.instanceOf(OsLock);
    next?.release();
  });

  it('keeps other processes out, and lets the next one in when it is released', async () => {
    const child = await startChild('lock-child', { file });
    expect(OsLock.tryAcquire(file)).to.equal(undefined);
    const waiting = OsLock.acquire(file);
    child.go();
    closeAfterTest(async () => (await waiting)?.release());
    expect(await waiting).to.be.instanceOf(OsLock);
    expect((await child.ended).result).to.deep.equal({ held: true });
  });

  it('is free the moment its holder is killed', async () => {
    const child = await startChild('lock-child', { file });
    expect(OsLock.tryAcquire(file)).to.equal(undefined);
    child.kill();
    expect((await child.ended).signal).to.equal('SIGKILL');
    const lock = OsLock.tryAcquire(file);
    expect(lock).to.be.instanceOf(OsLock);
    lock?.release();
  });

  it('stops waiting when it is told to', async () => {
    const holder = OsLock.tryAcquire(file);
    const giveUp = new AbortController();
    const waiting = OsLock.acquire(file, giveUp.signal);
    giveUp.abort();
    expect(await waiting).to.equal(undefined);
    holder?.release();
  });

  it('is a file only its owner can read', () => {
    OsLock.tryAcquire(file)?.release();
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });
});

describe('a lock whose file is not the one at its path', () => {
  let file: string;
  beforeEach(() => {
    file = join(temporaryHome(), 'locks', 'target-1.lock');
  });

  it('is held while the file is in place, and not after it was released', () => {
    const lock = OsLock.tryAcquire(file);
    expect(lock?.isHeld()).to.equal(true);
    lock?.release();
    expect(lock?.isHeld()).to.equal(false);
  });

  for (const [how, change] of Object.entries({
    removed: (path: string) => rmSync(path),
    replaced: (path: string) => {
      rmSync(path);
      writeFileSync(path, '');
    },
  }))
    it(`is lost once its file is ${how}: another process can lock the new one`, () => {
      const lock = OsLock.tryAcquire(file);
      change(file);
      expect(lock?.isHeld()).to.equal(false);
      const next = OsLock.tryAcquire(file);
      expect(next?.isHeld()).to.equal(true);
      lock?.release();
      next?.release();
    });

  it('says what is wrong when it cannot be made', () => {
    const blocked = join(dirname(dirname(file)), 'file');
    writeFileSync(blocked, '');
    expect(() => OsLock.tryAcquire(join(blocked, 'target-1.lock')))
      .to.throw(StorageUnavailableError)
      .with.property('message')
      .that.matches(
        /target-1\.lock: the database cannot be written \(.*file: something of that name exists/,
      );
  });
});
