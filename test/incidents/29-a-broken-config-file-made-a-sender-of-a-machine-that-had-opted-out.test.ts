import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { captured, SIGNED_IN } from '../processes/given-events.js';
import { type EventServer, eventServer } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const OPTED_OUT = '[sync]\nmode = "OPT_OUT"\n';

/** What can be in the place of a file that once said no. */
const BROKEN: readonly [what: string, content: string | Buffer | 'a directory'][] = [
  ['half of it', '[sync]\nmode = "OPT_'],
  ['a merge conflict', `<<<<<<< HEAD\n${OPTED_OUT}=======\n`],
  ['a mode nobody knows', '[sync]\nmode = "OPT-OUT"\n'],
  ['a mode that is not text', '[sync]\nmode = false\n'],
  ['the table as a value', 'sync = "OPT_OUT"\n'],
  ['the same key twice', `${OPTED_OUT}mode = "TEAMSPACE"\n`],
  ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x5b, 0x00])],
  ['a directory', 'a directory'],
];

/** A login, a switch and a server in the environment: only the file says no. */
const envFor = (server: EventServer): Record<string, string> => ({
  ...SIGNED_IN,
  SPEC_KITTY_SAAS_URL: server.url,
});

function replaceConfig(home: string, content: (typeof BROKEN)[number][1]): void {
  const file = join(home, 'config.toml');
  rmSync(file, { recursive: true, force: true });
  if (content === 'a directory') mkdirSync(file);
  else writeFileSync(file, content);
}

describe('incident 29: a broken config file made a sender of a machine that had opted out', () => {
  it('what cannot be read closes delivery, whatever is wrong with it; events are kept', async () => {
    const server = await eventServer();
    const machine = new Machine(envFor(server)).configure(OPTED_OUT);
    const redrain = machine.open();
    for (const [i, [what, content]] of BROKEN.entries()) {
      replaceConfig(machine.home, content);
      expect(await redrain.captureMany(envelopes(1, `${i}-`)), what).to.include({ captured: 1 });
      const report = await redrain.drain();
      expect(report, what).to.include({ posts: 0, blocked_reason: 'config_unreadable' });
      expect(report.message, what).to.contain('config.toml');
    }
    expect(server.connections()).to.equal(0);
    expect(machine.rows('SELECT DISTINCT drain_blocked_reason AS r FROM event')).to.deep.equal([
      { r: 'config_unreadable' },
    ]);
  });

  it('`now` fails and says so, and no command writes over the file', async () => {
    const server = await eventServer();
    const cli = new WarmCli(envFor(server));
    const file = cli.configure('[sync]\nmode = "OPT_');
    await captured(cli, envelopes(1));
    const now = await cli.run(['now']);
    const mode = await cli.run(['mode', 'TEAMSPACE']);
    expect([now.code, mode.code]).to.deep.equal([6, 6]);
    expect(now.stdout).to.contain(file);
    expect(mode.stderr).to.contain(file);
    expect(server.connections()).to.equal(0);
  });
});
