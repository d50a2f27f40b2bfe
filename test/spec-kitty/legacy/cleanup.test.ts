import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { HomePaths } from '../../../src/config/home.js';
import type {
  CleanupReport,
  MigrationReport,
} from '../../../src/spec-kitty/legacy/migration-report.js';
import { oldQueueState } from '../../../src/spec-kitty/legacy/old-queue-state.js';
import { type Cli, type CliResult } from '../../support/cli.js';
import { openCore } from '../../support/core.js';
import { WarmCli } from '../../support/warm-cli.js';
import { idsOf } from './migrated.js';
import {
  appendRows,
  givenHome,
  oldEvent,
  oldEvents,
  oldFilesOf,
  writeQueue,
  writeWalQueue,
} from './old-queues.js';

const SCOPED = 'queue-00000000000000aa.db';

const cleanUp = (cli: Cli, crash?: string): Promise<CliResult> =>
  cli.run(
    ['migrate', '--cleanup', '--yes', '--json'],
    crash === undefined ? {} : { crash: { step: crash, nth: 1 } },
  );

const cleanupOf = (run: CliResult): CleanupReport => {
  const { cleanup } = run.json<MigrationReport>();
  return cleanup ?? expect.fail(run.stderr);
};

function givenCli(): { cli: Cli; paths: HomePaths } {
  const cli = new WarmCli();
  return { cli, paths: givenHome(cli.home) };
}

describe('redrain migrate --cleanup', () => {
  it('only says what it would do without --yes', async () => {
    const { cli, paths } = givenCli();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    const before = oldFilesOf(paths);
    const run = await cli.run(['migrate', '--cleanup', '--json']);
    expect(cleanupOf(run)).to.deep.equal({
      done: false,
      renamed: [{ path: 'queue.db', renamed_to: 'queue.db.migrated' }],
      kept: [],
    });
    expect(oldFilesOf(paths)).to.deep.equal(before);
  });

  it('renames what is completely in the journal, contents unchanged, and nothing waits', async () => {
    const { cli, paths } = givenCli();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    const before = Object.values(oldFilesOf(paths));
    const run = await cleanUp(cli);
    expect(run.code, run.stderr).to.equal(0);
    expect(Object.keys(oldFilesOf(paths))).to.deep.equal(['queue.db.migrated']);
    expect(Object.values(oldFilesOf(paths))).to.deep.equal(before);
    expect(await oldQueueState(paths, (await openCore(cli.home)).imports)).to.deep.equal([]);
    writeQueue(paths.legacyQueue, { rows: [oldEvent('again')] });
    expect(cleanupOf(await cleanUp(cli)).renamed[0]?.renamed_to).to.equal('queue.db.2.migrated');
    expect(idsOf(await openCore(cli.home))).to.include('again');
  });

  it('keeps files with open conflicts, damage or body uploads, and says why', async () => {
    const { cli, paths } = givenCli();
    writeQueue(join(paths.queuesDir, SCOPED), { rows: [oldEvent('e')] });
    writeQueue(join(paths.queuesDir, 'queue-00000000000000bb.db'), {
      rows: [oldEvent('e', { x: 1 })],
    });
    writeQueue(join(paths.queuesDir, 'queue-00000000000000cc.db'), { bodyUploads: 2 });
    writeFileSync(join(paths.queuesDir, 'queue-00000000000000dd.db'), 'x'.repeat(5_000));
    const { renamed, kept } = cleanupOf(await cleanUp(cli));
    expect(renamed.map(({ path }) => path)).to.deep.equal([`queues/${SCOPED}`]);
    expect(kept.map(({ reason }) => reason)).to.deep.equal([
      '1 of its rows wait for a decision: `redrain conflicts list`',
      'it holds 2 body uploads, which are not events and are not imported',
      'it is damaged, and may hold more than could be read',
    ]);
    await cli.run(['conflicts', 'resolve', 'e', '--keep', 'journal', '--yes']);
    expect(cleanupOf(await cleanUp(cli)).renamed.map(({ path }) => path)).to.deep.equal([
      'queues/queue-00000000000000bb.db',
    ]);
  });

  for (const step of [
    'migrate.source-done',
    'migrate.sidecars-named',
    'migrate.renamed',
    'migrate.sidecars-dropped',
  ])
    it(`survives kill -9 at ${step}: the next run ends where an undisturbed one does`, async () => {
      const { cli, paths } = givenCli();
      const undisturbed = givenCli();
      for (const one of [paths, undisturbed.paths]) {
        writeWalQueue(join(one.queuesDir, SCOPED), oldEvents(4), oldEvents(4, 'wal'));
        writeQueue(one.legacyQueue, { rows: oldEvents(2, 'legacy') });
      }
      expect((await cleanUp(cli, step)).signal).to.equal('SIGKILL');
      expect(await everyEvent(cli, paths)).to.have.length(10);

      expect((await cleanUp(cli)).code).to.equal(0);
      expect((await cleanUp(undisturbed.cli)).code).to.equal(0);

      expect(listing(paths)).to.deep.equal(listing(undisturbed.paths));
      expect(listing(paths)).to.deep.equal([
        `${SCOPED}.migrated`,
        `${SCOPED}.migrated-wal`,
        'queue.db.migrated',
      ]);
      const [core, other] = [await openCore(cli.home), await openCore(undisturbed.cli.home)];
      expect(idsOf(core)).to.deep.equal(idsOf(other));
      expect(await oldQueueState(paths, core.imports)).to.deep.equal([]);
    });

  it('finishes what was killed, also where the old program has made a new file since', async () => {
    const { cli, paths } = givenCli();
    const file = join(paths.queuesDir, SCOPED);
    writeWalQueue(file, oldEvents(4), oldEvents(4, 'wal'));
    expect((await cleanUp(cli, 'migrate.renamed')).signal).to.equal('SIGKILL');
    expect(listing(paths)).to.include(`${SCOPED}-wal`);
    // SQLite drops a -wal that belongs to no content of the new, empty file.
    writeQueue(file, { rows: [oldEvent('fresh')] });
    appendRows(file, [oldEvent('fresh-2')]);
    expect((await cleanUp(cli)).code).to.equal(0);
    expect(idsOf(await openCore(cli.home))).to.have.length(10);
  });
});

/** Ids in the journal or in any file that a later run would read. */
async function everyEvent(cli: Cli, paths: HomePaths): Promise<string[]> {
  const core = await openCore(cli.home);
  const waiting = (await oldQueueState(paths, core.imports)).map(
    (file) => file.waiting_count ?? Number.NaN,
  );
  const ids = idsOf(core);
  const extra = waiting.reduce((sum, count) => sum + count, 0);
  return [...ids, ...Array.from({ length: extra }, (_, i) => `waiting-${i}`)];
}

function listing({ home, queuesDir }: HomePaths): string[] {
  return [
    ...readdirSync(queuesDir),
    ...readdirSync(home).filter((name) => name.startsWith('queue.db')),
  ];
}
