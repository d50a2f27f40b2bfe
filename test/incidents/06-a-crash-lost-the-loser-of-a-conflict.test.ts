import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { readConflict } from '../../src/app/conflicts.js';
import { type HomePaths, resolveHome } from '../../src/config/home.js';
import { journalRows } from '../library/journal-rows.js';
import { captured } from '../processes/given-events.js';
import { oldEvent, scopedFile, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { type Cli, type CliOptions } from '../support/cli.js';
import { openCore } from '../support/core.js';
import { diesBefore } from '../support/dies-before.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const [FIRST, SECOND] = [oldEvent('e', { n: 1 }), oldEvent('e', { n: 2 })];
const BOTH = [String(FIRST?.data), String(SECOND?.data)];
const RESOLVE = ['conflicts', 'resolve', 'e', '--keep', 'incoming', '--yes'];
const CLEAN_UP = ['migrate', '--cleanup', '--yes'];

/** Each kill comes in the middle of a transaction or right after a step, and the next command goes on from there. */
const KILLS: readonly (readonly [args: readonly string[], at: CliOptions])[] = [
  [['migrate'], { env: diesBefore('INSERT INTO payload') }],
  [['migrate'], afterStep('migrate.source-done', 1)],
  [['migrate'], { env: diesBefore('INSERT INTO conflict') }],
  [['migrate'], afterStep('migrate.source-done', 2)],
  [RESOLVE, { env: diesBefore('UPDATE conflict') }],
  [RESOLVE, afterStep('conflicts.decided', 1)],
  [CLEAN_UP, afterStep('migrate.sidecars-named', 1)],
  [CLEAN_UP, afterStep('migrate.renamed', 1)],
  [CLEAN_UP, afterStep('migrate.sidecars-dropped', 1)],
];

function afterStep(step: string, nth: number): CliOptions {
  return { crash: { step, nth } };
}

function givenTwoContents(cli: Cli): HomePaths {
  const paths = resolveHome({ home: cli.home, env: {} });
  const scoped = scopedFile(paths, 'https://a.example', 'ada', 'blue');
  writeQueue(scoped, { rows: [FIRST!] });
  writeQueue(paths.legacyQueue, { rows: [SECOND!] });
  return paths;
}

/** Every content that the journal holds, in force or kept aside. */
function inJournal(cli: Cli): string[] {
  const sql = 'SELECT bytes FROM payload UNION SELECT incoming_bytes FROM conflict';
  return journalRows<{ bytes: Buffer }>(cli.home, sql).map(({ bytes }) => bytes.toString());
}

/** Every content in old files that still have the name they had. */
function inOldFiles(paths: HomePaths): string[] {
  const scoped = readdirSync(paths.queuesDir).map((name) => join(paths.queuesDir, name));
  const files = [paths.legacyQueue, ...scoped].filter((one) => /\.db$/.test(one));
  return files.filter((one) => existsSync(one)).flatMap((one) => contentsOf(one));
}

function contentsOf(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const found = db.prepare<[], string>('SELECT data FROM queue').pluck().all();
  db.close();
  return found;
}

describe('incident 6: a crash lost the content that had lost a conflict', () => {
  it('kill -9 anywhere in import, decision and clean-up leaves both contents', async () => {
    const cli = new WarmCli();
    const paths = givenTwoContents(cli);
    for (const [args, at] of KILLS) {
      const killed = await cli.run(args, at);
      expect(killed.signal, `${JSON.stringify(at)}: ${killed.stderr}`).to.equal('SIGKILL');
      const kept = new Set([...inJournal(cli), ...inOldFiles(paths)]);
      expect(kept, `after ${JSON.stringify(at)}`).to.include.all.keys(...BOTH);
    }
    const last = await cli.run(CLEAN_UP);
    expect(last.code, last.stderr).to.equal(0);

    // The operator removes what was renamed: nothing depends on it any more.
    expect(inOldFiles(paths)).to.deep.equal([]);
    for (const directory of [dirname(paths.legacyQueue), paths.queuesDir])
      for (const name of readdirSync(directory).filter((one) => one.endsWith('.migrated')))
        rmSync(join(directory, name));
    expect(inJournal(cli)).to.have.members(BOTH);
    const shown = await readConflict(new Machine(cli.env, cli.home).app(), 'e');
    expect([shown.journal.text, shown.incoming.text]).to.deep.equal([BOTH[1], BOTH[1]]);
    assertLedgerInvariant(await openCore(cli.home));
  });

  it('a source is not put away while one of its rows waits for a decision', async () => {
    const cli = new WarmCli();
    const paths = givenTwoContents(cli);
    const run = await cli.run(CLEAN_UP);
    expect(run.code, run.stderr).to.equal(5);
    expect(run.stdout).to.contain('wait for a decision');
    expect(inOldFiles(paths)).to.contain(BOTH[1]);
  });

  it('a capture that is killed after its commit has kept the other content', async () => {
    const cli = new WarmCli();
    const [one, other] = [1, 2].map((n) => `{"event_id":"e","event_type":"T","n":${n}}`);
    await captured(cli, [one ?? '']);
    const crash = { step: 'journal.appended', nth: 1 };
    const killed = await cli.run(['capture'], { stdin: other ?? '', crash });
    expect(killed.signal).to.equal('SIGKILL');
    expect(inJournal(cli)).to.have.members([one, other]);
  });
});
