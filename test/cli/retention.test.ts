import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ArchiveReport } from '../../src/app/archive.js';
import type { GcReport } from '../../src/app/gc.js';
import type { VerifyReport } from '../../src/app/verify.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { payloadDigests, readJournal } from '../processes/journal-rows.js';
import { type Cli } from '../support/cli.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { treeHash } from './tree-hash.js';

async function givenDelivered(count = 5): Promise<Cli> {
  const cli = new WarmCli();
  sendTo(cli, 'stub:');
  await captured(cli, envelopes(count));
  expect((await cli.run(['now'])).code).to.equal(0);
  return cli;
}

const retained = (cli: Cli): number =>
  readJournal(cli.home, (db) => db.prepare('SELECT count(*) FROM payload').pluck().get() as number);

describe('gc, archive, restore, redact and verify as commands', () => {
  it('say that there is nothing to purge or to archive, where that is so', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(2));
    for (const confirmed of [[], ['--yes']]) {
      expect((await cli.run(['gc', ...confirmed])).stdout).to.match(/^Nothing to purge\.$/m);
      expect((await cli.run(['archive', ...confirmed])).stdout).to.match(/^Nothing to archive\.$/m);
    }
  });

  it('change nothing and create nothing without --yes', async () => {
    for (const cli of [new WarmCli(), await givenDelivered()]) {
      const before = await treeHash(cli.root);
      for (const args of [
        ['gc'],
        ['gc', '--vacuum', '--keep-days', '0', '--json'],
        ['archive'],
        ['archive', '--include-undelivered', '--json'],
        ['redact', 'e-0001', '--reason', 'r'],
        ['restore', 'archive-20260101T030000000Z-1-0a1b2c3d'],
        ['verify'],
        ['verify', '--verbose'],
        ['verify', '--json'],
      ]) {
        const run = await cli.run(args);
        expect(run.code, `${args.join(' ')}: ${run.stderr}`).to.be.oneOf([0, 64]);
      }
      expect(await treeHash(cli.root)).to.equal(before);
    }
  });

  it('gc says what would go, does it with --yes, and says how much room --vacuum freed', async () => {
    const cli = await givenDelivered(300);
    const dry = await cli.run(['gc', '--json']);
    expect(dry.json<GcReport>()).to.include({ dry_run: true, events: 300, vacuum: null });
    expect((await cli.run(['gc'])).stdout).to.match(/Would purge .*300 events.*--yes/);
    const run = await cli.run(['gc', '--yes', '--vacuum', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const report = run.json<GcReport>();
    expect(report).to.include({ dry_run: false, events: 300 });
    expect(report.vacuum?.won_bytes).to.be.above(0);
    expect(report.vacuum?.before_bytes).to.equal(
      (report.vacuum?.after_bytes ?? 0) + (report.vacuum?.won_bytes ?? 0),
    );
    expect(retained(cli)).to.equal(0);
    const told = await cli.run(['inspect', 'e-0001']);
    expect(told.stdout).to.match(/purged/);
    expect((await cli.run(['verify'])).code).to.equal(0);
  });

  it('capture and now never purge anything', async () => {
    const cli = await givenDelivered();
    await captured(cli, envelopes(3, 'more'));
    await cli.run(['now']);
    expect(retained(cli)).to.equal(8);
    const purges = readJournal(cli.home, (db) =>
      db.prepare('SELECT count(*) FROM purge').pluck().get(),
    );
    expect(purges).to.equal(0);
  });

  it('archive and restore bring the very same bytes back', async () => {
    const cli = await givenDelivered(12);
    const before = payloadDigests(cli.home);
    const run = await cli.run(['archive', '--yes', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const { archives, directory } = run.json<ArchiveReport>();
    expect(readdirSync(directory)).to.have.length(2);
    expect(retained(cli)).to.equal(0);
    expect((await cli.run(['inspect', 'e-0003'])).stdout).to.match(/archived/);
    expect((await cli.run(['verify'])).code).to.equal(0);

    const id = archives[0]?.id ?? '';
    const dry = await cli.run(['restore', id]);
    expect(dry.stdout).to.match(/would restore 12 events/);
    expect(retained(cli)).to.equal(0);
    expect((await cli.run(['restore', id, '--yes'])).code).to.equal(0);
    expect(payloadDigests(cli.home)).to.deep.equal(before);
    const again = await cli.run(['now', '--json']);
    expect(again.json()).to.include({ delivered: 0, duplicate: 0 });
    assertLedgerInvariant(await openCore(cli.home));
  });

  it('archive warns about what no target gets any more', async () => {
    const cli = await givenDelivered();
    await captured(cli, envelopes(2, 'unsent'));
    const dry = await cli.run(['archive', '--include-undelivered']);
    expect(dry.stderr).to.match(/2 events not delivered to every target would be archived/);
    const run = await cli.run(['archive', '--include-undelivered', '--yes']);
    expect(run.stderr).to.match(/2 events not delivered/);
    const next = await cli.run(['now', '--json']);
    expect(next.json()).to.include({ selected: 0 });
  });

  it('redact erases, says where the event may be known, and cannot be undone', async () => {
    const cli = await givenDelivered();
    expect((await cli.run(['redact', 'e-0002'])).code).to.equal(64);
    expect((await cli.run(['redact', 'nobody', '--reason', 'r', '--yes'])).code).to.equal(64);
    const run = await cli.run(['redact', 'e-0002', '--reason', 'held a key', '--yes']);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout)
      .to.match(/Erased .*e-0002/)
      .and.to.match(/1 copy in stub sinks/)
      .and.not.to.match(/may have it/);
    expect(retained(cli)).to.equal(4);
    const raw = await cli.run(['inspect', 'e-0002', '--raw']);
    expect(raw.code).to.equal(64);
    expect((await cli.run(['verify'])).code).to.equal(0);
  });

  it('unknown archives are exit 64, damaged ones exit 3', async () => {
    const cli = await givenDelivered();
    for (const name of ['nonsense', '../x.manifest.json', 'archive-20260101T030000000Z-1-0a1b2c3d'])
      expect((await cli.run(['restore', name, '--yes'])).code, name).to.equal(64);
  });

  it('verify ends with 2 and names what does not hold; --repair recounts counters', async () => {
    const cli = await givenDelivered();
    const core = await openCore(cli.home);
    await core.db.write((db) => db.exec('UPDATE ledger_count SET events = 99'));
    core.db.close();
    const run = await cli.run(['verify', '--json']);
    expect(run.code).to.equal(2);
    const report = run.json<VerifyReport>();
    expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).to.deep.equal([
      'counters',
    ]);
    const told = await cli.run(['verify']);
    expect(told.stdout.trim().split('\n')).to.have.length(1);
    expect(told.stdout).to.match(/^NOT OK: .*--repair/);
    expect((await cli.run(['status'])).stdout).to.match(/verify/);
    const repaired = await cli.run(['verify', '--repair']);
    expect(repaired.code).to.equal(0);
    expect((await cli.run(['verify', '--verbose'])).stdout).to.match(/counters: passed/);
  });

  it('wait for each other: two archives at once hold every event once', async () => {
    const cli = await givenDelivered(40);
    const runs = await Promise.all([
      cli.start(['archive', '--yes', '--json']).exited,
      cli.start(['archive', '--yes', '--json']).exited,
    ]);
    const events = runs.map((run) => run.json<ArchiveReport>().events);
    expect(events.toSorted((a, b) => a - b)).to.deep.equal([0, 40]);
    expect(readdirSync(join(stateOf(cli.home), 'archive'))).to.have.length(2);
    expect((await cli.run(['verify'])).code).to.equal(0);
  });
});
