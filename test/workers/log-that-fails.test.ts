import { closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { type StalledPipe, stalledPipe } from '../support/stalled-pipe.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WatchedWorker } from './watched-worker.js';

describe('a worker whose log', () => {
  it('is not read works, answers and ends; its lines can be read later', async () => {
    const pipe = stalledPipe();
    const worker = await WatchedWorker.start('capture', new Cli(), pipe.fd);
    await worker.works();
    await worker.isHealthy(0);
    await worker.holdsNoLock();
    const log = await readAll(pipe, '"msg":"captured"');
    expect(log).to.include('"msg":"ready"');
    expect(await worker.stop()).to.equal(0);
  });

  it('is never read ends in order', async () => {
    const worker = await WatchedWorker.start('dispatch', new Cli(), stalledPipe().fd);
    await worker.works();
    await worker.holdsNoLock();
    expect(await worker.stop()).to.equal(0);
  });

  it('has lost its reader, or is on a full disk, works and ends in order', async () => {
    const { fd, closeReader } = stalledPipe();
    closeReader();
    const full = openSync('/dev/full', 'w');
    closeAfterTest(() => closeSync(full));
    for (const log of [fd, full]) {
      const worker = await WatchedWorker.start('gc', new Cli(), log);
      await worker.works();
      await worker.isHealthy(0);
      expect(await worker.stop()).to.equal(0);
    }
  });
});

/** Reads until the log has this in it. */
async function readAll({ read }: StalledPipe, end: string): Promise<string> {
  let log = '';
  while (!log.includes(end)) {
    log += read();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return log;
}
