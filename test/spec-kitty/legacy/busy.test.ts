import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { closeAfterTest } from '../../support/temporary-home.js';
import { idsOf, migrated, sourceOf } from './migrated.js';
import { givenHome, oldEvent, oldFilesOf, writeQueue } from './old-queues.js';

const HOLDER = fileURLToPath(new URL('./children/hold-queue.js', import.meta.url));

/** Another program at work on an old file, in the middle of a transaction, until it is told to end. */
async function heldBy(file: string, mode: 'writes' | 'rewrites'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, file, mode], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  closeAfterTest(() => child.kill('SIGKILL'));
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

describe('an old file that another program writes to', () => {
  it('whose size and times keep changing is busy; the rest is imported, and it is when it rests', async function () {
    // A machine that is busy itself may give the writer no turn between two looks.
    this.retries(3);
    const paths = givenHome();
    const busy = `${paths.queuesDir}/queue-00000000000000aa.db`;
    writeQueue(busy, { rows: [oldEvent('a')] });
    writeQueue(paths.legacyQueue, { rows: [oldEvent('b')] });
    const child = await heldBy(busy, 'rewrites');

    const done = await migrated(paths);

    expect(sourceOf(done, 'queues/queue-00000000000000aa.db').status).to.equal('busy');
    expect(sourceOf(done, 'queues/queue-00000000000000aa.db').error).to.contain('stop it');
    expect(idsOf(done.core)).to.deep.equal(['b']);

    child.stdin?.end();
    await once(child, 'exit');
    const again = await migrated(paths, done.core);
    expect(sourceOf(again, 'queues/queue-00000000000000aa.db').imported).to.equal(1);
  });

  if (existsSync('/proc/locks'))
    it('is busy while it is locked, though nothing of it changes', async () => {
      const paths = givenHome();
      writeQueue(paths.legacyQueue, { rows: [oldEvent('a')] });
      const child = await heldBy(paths.legacyQueue, 'writes');
      const before = oldFilesOf(paths);

      const done = await migrated(paths);

      expect(sourceOf(done, 'queue.db').status).to.equal('busy');
      expect(oldFilesOf(paths)).to.deep.equal(before);
      child.stdin?.end();
      await once(child, 'exit');
      expect(sourceOf(await migrated(paths, done.core), 'queue.db').imported).to.equal(1);
    });
});
