import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Outlet, type OutletOptions } from '../../src/output/outlet.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const LINE = `${'x'.repeat(99)}\n`;

function outletTo(fd: number, options: Partial<OutletOptions> = {}): Outlet {
  const outlet = new Outlet(fd, { onFailure: 'keep', mostWaiting: 10_000, ...options });
  closeAfterTest(() => outlet.abandon());
  return outlet;
}

/** A pipe of the system whose reader reads when it is told to. */
function pipe(): { readonly write: number; read(): string; closeReader(): void } {
  const path = join(temporaryHome(), 'pipe');
  execFileSync('mkfifo', [path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  let isOpen = true;
  const closeReader = (): void => {
    if (isOpen) closeSync(read);
    isOpen = false;
  };
  closeAfterTest(() => closeSync(write));
  closeAfterTest(closeReader);
  const bytes = Buffer.alloc(1024 * 1024);
  return { write, closeReader, read: () => bytes.toString('utf8', 0, readSync(read, bytes)) };
}

/** Writes until the pipe takes no more. */
function fill(outlet: Outlet): number {
  let written = 0;
  while (outlet.waiting === 0) {
    outlet.write(LINE);
    written += 1;
  }
  return written;
}

/** A disk that is full until it is cleaned, and takes a part of the line that no longer fits. */
function fullDisk() {
  const disk = { code: 'ENOSPC', room: 0, text: '' };
  const write = (_fd: number, bytes: Uint8Array): number => {
    if (disk.room === 0) throw Object.assign(new Error(disk.code), { code: disk.code });
    const taken = Math.min(bytes.length, disk.room);
    disk.room -= taken;
    disk.text += Buffer.from(bytes).toString('utf8', 0, taken);
    return taken;
  };
  return { disk, write };
}

describe('an outlet', () => {
  it('writes at once while the reader reads', () => {
    const { write, read } = pipe();
    const outlet = outletTo(write);
    outlet.write('a\n');
    outlet.write(Buffer.from('b\n'));
    expect(read()).to.equal('a\nb\n');
    expect(outlet).to.include({ waiting: 0, lost: 0 });
  });

  it('never waits for a reader that stalls, and writes the rest in order when it reads again', async () => {
    const { write, read } = pipe();
    const outlet = outletTo(write);
    const first = fill(outlet);
    outlet.write('last\n');
    expect(outlet.waiting).to.be.greaterThan(0);
    const before = read();
    await outlet.settled();
    expect(before + read()).to.equal(`${LINE.repeat(first)}last\n`);
    expect(outlet.lost).to.equal(0);
  });

  it('keeps bounded memory, counts what is lost, and says so once when it works again', async () => {
    const { write, read } = pipe();
    const outlet = outletTo(write);
    const told: number[] = [];
    outlet.onRecovered = (lost) => told.push(lost);
    fill(outlet);
    for (let n = 0; n < 1_000; n += 1) outlet.write(LINE);
    expect(outlet.waiting).to.be.within(9_000, 10_000);
    expect(outlet.lost).to.be.within(895, 905);
    expect(told).to.deep.equal([]);
    read();
    await outlet.settled();
    expect(told).to.deep.equal([outlet.lost]);
    outlet.write(LINE);
    expect(told).to.have.length(1);
  });

  it('loses what waits when the reader is gone, without an error', () => {
    const { write, closeReader } = pipe();
    const outlet = outletTo(write);
    closeReader();
    outlet.write(LINE);
    outlet.write(LINE);
    expect(outlet).to.include({ waiting: 0, lost: 2 });
  });

  for (const code of ['ENOSPC', 'EDQUOT', 'EIO'])
    it(`waits out ${code}, and cuts no line`, () => {
      const { disk, write } = fullDisk();
      disk.code = code;
      const outlet = outletTo(1, { write });
      disk.room = 150;
      for (let n = 0; n < 3; n += 1) outlet.write(LINE);
      expect(outlet.waiting).to.equal(150);
      disk.room = 10_000;
      outlet.tryNow();
      expect(disk.text).to.equal(LINE.repeat(3));
      expect(outlet).to.include({ waiting: 0, lost: 0 });
    });

  it('of a command stops at the first failure and keeps its code', () => {
    const full = openSync('/dev/full', 'w');
    closeAfterTest(() => closeSync(full));
    const outlet = outletTo(full, { onFailure: 'stop', write: writeSync });
    outlet.write(LINE);
    outlet.write(LINE);
    expect(outlet).to.include({ brokenBy: 'ENOSPC', waiting: 0, lost: 2 });
  });

  it('waits no longer than it is told to, and can be left', async () => {
    const { write } = pipe();
    const outlet = outletTo(write);
    fill(outlet);
    await outlet.settled(5);
    expect(outlet.waiting).to.be.greaterThan(0);
    outlet.abandon();
    await outlet.settled();
    expect(outlet).to.include({ waiting: 0, lost: 1 });
  });
});
