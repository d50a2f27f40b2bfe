import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ConflictRow } from '../../../src/app/conflicts.js';
import type { HomePaths } from '../../../src/config/home.js';
import type { MigrationReport } from '../../../src/spec-kitty/legacy/migration-report.js';
import { treeHash } from '../../cli/tree-hash.js';
import { type Cli } from '../../support/cli.js';
import { openCore } from '../../support/core.js';
import { stateOf } from '../../support/temporary-home.js';
import { WarmCli } from '../../support/warm-cli.js';
import { idsOf } from './migrated.js';
import {
  appendRows,
  givenHome,
  oldEvent,
  oldEvents,
  oldFilesOf,
  scopedFile,
  writeQueue,
} from './old-queues.js';

function givenCli(): { cli: Cli; paths: HomePaths } {
  const cli = new WarmCli();
  return { cli, paths: givenHome(cli.home) };
}

/** A scoped file and queue.db: one event twice, one with two contents, one that cannot be sent. */
function givenQueues(paths: HomePaths): void {
  writeQueue(scopedFile(paths, 'https://a.example', 'ada@example.com', 'blue'), {
    rows: [...oldEvents(5), oldEvent('two'), { eventId: 'odd', data: '[]' }],
  });
  writeQueue(paths.legacyQueue, { rows: [oldEvents(1)[0]!, oldEvent('two', { more: true })] });
}

describe('redrain migrate', () => {
  it('reports every file, exits 5 while a conflict waits, and 0 once it is decided', async () => {
    const { cli, paths } = givenCli();
    givenQueues(paths);
    const before = oldFilesOf(paths);

    const first = await cli.run(['migrate', '--json']);
    expect(first.code, first.stderr).to.equal(5);
    const report = first.json<MigrationReport>();
    expect(report.totals).to.include({ imported: 7, identical: 1, conflicting: 1, flagged: 1 });
    expect(report).to.include({ dry_run: false, open_conflicts: 1, cleanup: null });
    expect(oldFilesOf(paths)).to.deep.equal(before);
    expect(readdirSync(stateOf(cli.home))).not.to.include('scratch');
    expect(readdirSync(cli.tmp)).to.deep.equal([]);

    const again = await cli.run(['migrate', '--json']);
    expect(again.code).to.equal(5);
    expect(again.json<MigrationReport>().totals).to.include({ rows_read: 0, imported: 0 });

    const list = (await cli.run(['conflicts', '--json'])).json<{ conflicts: ConflictRow[] }>();
    expect(list.conflicts[0]).to.include({ event_id: 'two', found_in: 'queue.db row 2' });
    const text = await cli.run(['conflicts', 'show', 'two']);
    expect(text.stdout).to.match(/more +\(not there\) +true/);
    const plan = await cli.run(['conflicts', 'resolve', '1', '--keep', 'incoming']);
    expect(plan.stdout).to.contain('add --yes to decide');
    const decided = await cli.run([
      'conflicts',
      'resolve',
      '1',
      '--keep',
      'incoming',
      '--yes',
      '--json',
    ]);
    expect(decided.json()).to.include({ done: true, revision: 2 });
    expect((await cli.run(['migrate'])).code).to.equal(0);
    expect(
      (await cli.run(['conflicts', 'resolve', '9', '--keep', 'journal', '--yes'])).code,
    ).to.equal(64);
  });

  it('says all of it in text too', async () => {
    const { cli, paths } = givenCli();
    givenQueues(paths);
    const { stdout } = await cli.run(['migrate']);
    expect(stdout).to.contain(
      'row 7 (odd) will not be sent as it is: its data is not a JSON object',
    );
    expect(stdout).to.contain(
      '7 events imported, 0 imported before, 1 identical, 1 conflicting, 1 flagged',
    );
    expect(stdout).to.contain('1 conflict to decide: `redrain conflicts list`');
    expect((await new WarmCli().run(['migrate'])).stdout).to.contain('no old queue files');
  });

  it('attributes a file to the one known identity with its digest, others to nobody', async () => {
    const { cli, paths } = givenCli();
    writeQueue(scopedFile(paths, 'https://A.example/', 'ada@example.com', 'Blue'), {
      rows: [oldEvent('a')],
    });
    writeQueue(scopedFile(paths, 'https://a.example', 'ada@example.com', ''), {
      rows: [oldEvent('b')],
    });
    writeQueue(scopedFile(paths, 'https://env.example', 'ada@example.com', 'blue'), {
      rows: [oldEvent('c')],
    });
    writeQueue(scopedFile(paths, 'https://other.example', 'bob', 'red'), { rows: [oldEvent('d')] });
    cli.configure('[sync]\nserver_url = "https://configured.example"\n');
    writeFileSync(join(cli.home, 'active_queue_scope'), 'https://other.example|bob|red');
    writeFileSync(
      join(cli.home, 'credentials'),
      '[tokens]\naccess = "x"\n[user]\nusername = "ada@example.com"\nteam_slug = "blue"\n[server]\nurl = "https://a.example/"\n',
    );
    const env = { SPEC_KITTY_SAAS_URL: 'https://env.example' };
    const report = (await cli.run(['migrate', '--json'], { env })).json<MigrationReport>();
    const owners = report.sources.map(
      ({ attribution }) => attribution?.server.replace(/\/$/, '') ?? null,
    );
    expect(owners.sort()).to.deep.equal([
      'https://a.example',
      'https://a.example',
      'https://env.example',
      null,
    ]);
  });

  it('--dry-run says the same and changes nothing, with a journal or without', async () => {
    const { cli, paths } = givenCli();
    givenQueues(paths);
    for (const existing of [false, true]) {
      const before = await treeHash(cli.root);
      const dry = await cli.run(['migrate', '--dry-run', '--cleanup', '--json']);
      expect(await treeHash(cli.root)).to.equal(before);
      expect(dry.code, dry.stderr).to.equal(5);
      const { dry_run, totals, cleanup } = dry.json<MigrationReport>();
      expect(dry_run).to.equal(true);
      expect(totals.imported).to.equal(existing ? 1 : 7);
      expect(cleanup?.done).to.equal(false);
      if (existing) continue;
      expect((await cli.run(['migrate'])).code).to.equal(5);
      appendRows(paths.legacyQueue, [oldEvent('later')]);
    }
  });

  it('exits 3 when a file is damaged, and imports the others', async () => {
    const { cli, paths } = givenCli();
    mkdirSync(paths.queuesDir, { recursive: true });
    writeFileSync(join(paths.queuesDir, 'queue-0000000000000000.db'), 'x'.repeat(9_000));
    writeQueue(paths.legacyQueue, { rows: [oldEvent('fine')] });
    const run = await cli.run(['migrate', '--json']);
    expect(run.code).to.equal(3);
    expect(idsOf(await openCore(cli.home))).to.deep.equal(['fine']);
  });

  it('wants --cleanup before --yes', async () => {
    expect((await new WarmCli().run(['migrate', '--yes'])).code).to.equal(64);
  });
});
