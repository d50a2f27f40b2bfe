import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { holdingSpecKittyLock } from '../../src/spec-kitty/spec-kitty-lock.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const flock = spawnSync('flock', ['--version'], { encoding: 'utf8' });
const hasFlock = process.platform === 'linux' && flock.status === 0;

/** What Spec Kitty would find: 0 when the lock is free. */
const tryLock = (file: string): number | null =>
  spawnSync('flock', ['-n', file, 'true'], { stdio: 'ignore' }).status;

/** Another program that holds the lock until its stdin ends. */
async function holder(file: string): Promise<ChildProcess> {
  const child = spawn('flock', [file, 'sh', '-c', 'echo held; cat']);
  closeAfterTest(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** A `flock` that leaves a line in a file each time it is called, then does what the real one does. */
function watchedFlock(directory: string): () => number {
  const log = join(directory, 'calls');
  const real = spawnSync('sh', ['-c', 'command -v flock'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(log, '');
  writeFileSync(join(directory, 'flock'), `#!/bin/sh\necho >> '${log}'\nexec '${real}' "$@"\n`);
  chmodSync(join(directory, 'flock'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${directory}:${path}`;
  closeAfterTest(() => {
    process.env.PATH = path;
  });
  return () => readFileSync(log, 'utf8').length;
}

describe('the lock of Spec Kitty’s credentials', () => {
  it('lets the work be done where the lock is not available', async () => {
    const file = join(temporaryHome(), 'no-such-directory', 'credentials');
    expect(await holdingSpecKittyLock(file, async () => 'done')).to.equal('done');
  });

  if (!hasFlock) return;

  it('is held during the work, and no longer', async () => {
    const file = join(temporaryHome(), 'credentials');
    const held = await holdingSpecKittyLock(file, async () => tryLock(`${file}.lock`));
    expect([held, tryLock(`${file}.lock`)]).to.deep.equal([1, 0]);
  });

  it('is released when the work fails', async () => {
    const file = join(temporaryHome(), 'credentials');
    const failing = holdingSpecKittyLock(file, () => Promise.reject(new Error('no')));
    await failing.catch(() => undefined);
    expect(tryLock(`${file}.lock`)).to.equal(0);
  });

  it('is waited for while another program has it', async () => {
    const home = temporaryHome();
    const file = join(home, 'credentials');
    const other = await holder(`${file}.lock`);
    const calls = watchedFlock(home);
    let isReleased = false;
    const work = holdingSpecKittyLock(file, async () => isReleased);
    while (calls() < 2) await new Promise((next) => setImmediate(next));
    isReleased = true;
    other.stdin?.end();
    expect(await work).to.equal(true);
  });
});
