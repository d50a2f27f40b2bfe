import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { treeHash } from '../cli/tree-hash.js';
import { captured, envelopes, SIGNED_IN } from '../processes/given-events.js';
import { givenHome, oldEvents, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { type Cli, inPairs } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

/** Each looks at something else. */
const READING = [
  ['status'],
  ['status', '--check', '--json'],
  ['doctor'],
  ['targets'],
  ['projects', 'list'],
  ['config'],
];

async function assertUntouched(cli: Cli): Promise<void> {
  const before = await treeHash(cli.root);
  const runs = await inPairs(READING, (args) => cli.run(args));
  for (const run of runs) expect(run.code, run.stderr).to.be.oneOf([0, 2]);
  expect(await treeHash(cli.root)).to.equal(before);
}

describe('incident 25: status dirtied files', () => {
  it('on a machine that never saw redrain it creates no home, no id, nothing', async () => {
    await assertUntouched(new WarmCli(SIGNED_IN));
  });

  it('on a machine full of things that lack something it fills nothing in', async () => {
    const cli = new WarmCli({ SPEC_KITTY_ENABLE_SAAS_SYNC: '1' });
    const paths = givenHome(cli.home);
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    // No team, no times, a marker of another scope: an old program completed such files.
    cli.configure('[sync]\nserver_url = "http://127.0.0.1:9"  # mine\n');
    writeFileSync(paths.activeScope, 'https://other.example|ada|blue');
    writeFileSync(
      paths.credentials,
      '[tokens]\naccess = "a"\n[user]\nusername = "ada"\n[server]\nurl = "http://127.0.0.1:9"\n',
    );
    writeFileSync(join(cli.cwd, 'config.yaml'), 'project: {}\n');
    await captured(cli, envelopes(2));
    await assertUntouched(cli);
  });
});
