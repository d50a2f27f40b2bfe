import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { stalledPipe } from '../support/stalled-pipe.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { WatchedWorker, WORKERS, type WorkerName } from '../workers/watched-worker.js';
import { type Mounted, mountTmpfs, needMounts } from './mounted.js';

const FAULT_MS = 20_000;
/** Before the fault this much later work is put into the queue: it falls due in the middle of it. */
const DELAY_MS = 2_000;
const ROOM_KIB = 8 * 1024;

function opened(path: string): number {
  const fd = openSync(path, 'a');
  closeAfterTest(() => closeSync(fd));
  return fd;
}

/** The home of these commands and workers is on this disk. */
function cliOn(disk: Mounted): Cli {
  return Object.assign(new Cli(), { home: disk.home });
}

async function onAllWorkers(test: (name: WorkerName) => Promise<void>): Promise<void> {
  for (const name of WORKERS) await test(name);
}

if (rounds(false, true))
  describe('for 20 s, on each of the four workers:', function () {
    this.timeout(900_000);
    before(needMounts);

    it('a log that nobody reads costs log lines only', () =>
      onAllWorkers(async (name) => {
        const pipe = stalledPipe();
        const worker = await WatchedWorker.start(name, new Cli(), pipe.fd);
        await worker.works();
        await worker.isHealthy(FAULT_MS);
        await worker.works();
        await worker.holdsNoLock();
        expect(pipe.read()).to.equal('');
        await worker.works();
        expect(await worker.stop(), name).to.equal(0);
        expect(pipe.read(), 'the log after the stall').to.include('"msg":"stopped"');
      }));

    it('a full disk under the log costs log lines only', () =>
      onAllWorkers(async (name) => {
        const disk = mountTmpfs(1);
        const log = join(disk.directory, 'log');
        const worker = await WatchedWorker.start(name, new Cli(), opened(log));
        disk.leaveFree(0);
        await worker.works();
        await worker.isHealthy(FAULT_MS);
        await worker.works();
        await worker.holdsNoLock();
        disk.leaveFree(512);
        await worker.works();
        expect(await worker.stop(), name).to.equal(0);
        const lines = readFileSync(log, 'utf8').trim().split('\n');
        expect(lines.map((line) => JSON.parse(line).msg)).to.include('stopped');
      }));

    it('a full disk under the home is waited out, and work goes on afterwards', () =>
      onAllWorkers(async (name) => {
        const disk = mountTmpfs();
        const log = join(temporaryHome(), 'log');
        const worker = await WatchedWorker.start(name, cliOn(disk), opened(log));
        await worker.works();
        const waiting = await worker.given({ delay: DELAY_MS });
        disk.leaveFree(0);
        await worker.isHealthy(FAULT_MS);
        const lines = readFileSync(log, 'utf8').split('\n').length;
        disk.leaveFree(ROOM_KIB);
        await worker.done(waiting);
        await worker.works();
        await worker.holdsNoLock();
        expect(lines, 'lines in the log').to.be.below(60);
        expect(await worker.stop(), name).to.equal(0);
      }));

    it('SIGTERM ends a worker in order while its log or its home is on a full disk', () =>
      onAllWorkers(async (name) => {
        const disk = mountTmpfs();
        const log = opened(join(disk.directory, 'log'));
        const worker = await WatchedWorker.start(name, cliOn(disk), log);
        await worker.works();
        await worker.given({ delay: DELAY_MS });
        disk.leaveFree(0);
        await worker.isHealthy(2 * DELAY_MS);
        expect(await worker.stop(), name).to.equal(0);
        disk.leaveFree(ROOM_KIB);
        await worker.holdsNoLock();
      }));
  });
