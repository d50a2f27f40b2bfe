import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Spool } from '../../src/journal/spool.js';
import { captured, envelopes, PROJECT, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { type Cli, type CliOptions, inPairs } from '../support/cli.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { treeHash } from './tree-hash.js';

/** Each in the form that reads most; the other form shows the same document. */
const READING = [
  ['status', '--json'],
  ['targets'],
  ['inspect', 'e-0001'],
  ['config'],
  ['projects', 'list'],
  ['now', '--dry-run', '--json'],
  ['server'],
  ['mode'],
];

async function assertNothingChanges(cli: Cli, options: CliOptions = {}): Promise<void> {
  const before = await treeHash(cli.root);
  const runs = await inPairs(READING, (args) => cli.run(args, options));
  expect(await treeHash(cli.root)).to.equal(before);
  for (const [i, run] of runs.entries())
    expect(run.code, `${READING[i]?.join(' ')}: ${run.stderr}`).not.to.equal(1);
}

describe('commands that read', () => {
  it('create nothing where there is no home', async () => {
    await assertNothingChanges(new WarmCli(SIGNED_IN));
  });

  it('create nothing in a home that redrain has not used yet', async () => {
    const cli = new WarmCli();
    cli.configure('[sync]\nserver_url = "http://127.0.0.1:9"\n');
    await assertNothingChanges(cli);
  });

  it('change nothing in a used home: no spool file is taken in, no token renewed, nobody called', async () => {
    const server = await scriptedServer(() => ({ status: 404 }));
    closeAfterTest(() => server.close());
    const cli = await givenUsedHome(server.url);
    await assertNothingChanges(cli, { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } });
    expect(server.connections()).to.equal(0);
  });

  it('change nothing while config.toml is broken', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(1));
    cli.configure('[sync\n');
    await assertNothingChanges(cli);
  });

  /** Drained once to a stub; now on a server whose token has run out, with a file in the spool. */
  async function givenUsedHome(url: string): Promise<Cli> {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(3));
    expect((await cli.run(['now'])).code).to.equal(0);
    for (const args of [
      ['mode', 'TEAMSPACE'],
      ['server', url],
      ['projects', 'allow', PROJECT],
    ])
      expect((await cli.run(args)).code).to.equal(0);
    const past = '2020-01-01T00:00:00+00:00';
    const future = '2099-01-01T00:00:00+00:00';
    writeFileSync(
      join(cli.home, 'credentials'),
      `[tokens]\naccess = "old"\nrefresh = "r"\naccess_expires_at = "${past}"\nrefresh_expires_at = "${future}"\n[user]\nusername = "u"\nteam_slug = "t"\n[server]\nurl = "${url}"\n`,
      { mode: 0o600 },
    );
    mkdirSync(join(stateOf(cli.home), 'spool'), { recursive: true });
    new Spool(join(stateOf(cli.home), 'spool')).write(newEvents(2, 'spooled'));
    return cli;
  }
});
