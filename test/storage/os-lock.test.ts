import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { OsLock } from '../../src/storage/os-lock.js';
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
