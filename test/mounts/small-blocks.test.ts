import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { JobsDatabase } from '../../src/queue/jobs-database.js';
import { Sink } from '../../src/receivers/stub/sink.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { Cli } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { stateOf } from '../support/temporary-home.js';
import { assertAllThere, Capturing } from './capturing.js';
import { mountExt4, needMounts, run } from './mounted.js';

const isBad = (kind: string): boolean => kind === 'lost' || kind === 'spooled';

describe('a full disk with blocks of 1 KiB', function () {
  this.timeout(rounds(60_000, 300_000));
  before(needMounts);

  it('ends no command by a signal; every lost event is named', async () => {
    const disk = mountExt4(1024);
    const cli = new Cli();
    const at = ['--home', disk.home];
    const first = await cli.startBare(['capture', ...at], { stdin: event('first') }).exited;
    expect(first.code, first.stderr).to.equal(0);
    for (const free of rounds([0, 16], [0, 1, 2, 4, 8, 12, 16, 24, 32, 64])) {
      disk.leaveFree(free);
      const run = await cli.startBare(['capture', ...at], { stdin: event(`with-${free}`) }).exited;
      expect([run.signal, [0, 9].includes(run.code ?? -1)], run.stderr).to.deep.equal([null, true]);
      if (run.code === 9) expect(run.stderr).to.match(new RegExp(`with-${free}\\b.*disk is full`));
      const status = await cli.startBare(['status', ...at]).exited;
      expect(status.signal, `status with ${free} KiB free`).to.equal(null);
      expect(status.stdout + status.stderr).to.match(/disk is full/);
    }
  });

  it('finds every block of the index of the log in place, so that none is missed later', async () => {
    const disk = mountExt4(1024);
    const file = join(stateOf(disk.home), 'journal.db');
    // What makes the schema goes over every page of the index; whoever comes later does not.
    (await JournalDatabase.open(file)).close();
    (await JobsDatabase.open(join(dirname(file), 'jobs.db'))).close();
    new Sink({ db: join(dirname(file), 'stub.db') }).close();
    const db = await JournalDatabase.open(file);
    const jobs = await JobsDatabase.open(join(dirname(file), 'jobs.db'));
    const sink = new Sink({ db: join(dirname(file), 'stub.db') });
    run('sync', '-f', disk.directory);
    for (const name of ['journal.db-shm', 'jobs.db-shm', 'stub.db-shm']) {
      const { size, blocks } = statSync(join(dirname(file), name));
      expect(blocks * 512, name).to.be.at.least(size);
    }
    sink.close();
    jobs.close();
    db.close();
    expect(openOn(disk.directory), 'descriptors').to.deep.equal([]);
  });

  it('costs a program that has the home open no event that it was told is safe', async () => {
    for (const free of rounds([0], [0, 3, 9, 17, 40, 0, 1, 2, 5, 12])) await fillsUp(free);
  });
});

async function fillsUp(free: number): Promise<void> {
  const disk = mountExt4(1024);
  const program = new Capturing(disk.home);
  await program.hears(30, (kind) => kind === 'captured');
  disk.leaveFree(free);
  await program.hears(30, isBad);
  disk.leaveFree(8 * 1024);
  await program.hears(10, (kind) => kind === 'captured');
  await program.end();
  expect(program.kinds()).to.include.oneOf(['lost', 'spooled']);
  await assertAllThere(disk.home, program.acknowledged);
}

/** What this process has open on the file system. */
function openOn(directory: string): string[] {
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return '';
    }
  });
  return links.filter((path) => path.startsWith(directory));
}

const event = (id: string): string => `{"event_id":"${id}","event_type":"T"}\n`;
