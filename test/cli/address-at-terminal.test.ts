import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cli, type RunningCli } from '../support/cli.js';
import { HAS_TERMINALS, plain, startOnTerminal } from '../support/pty.js';
import { WarmCli } from '../support/warm-cli.js';

const QUESTION = 'Go on? [y/N] ';
const configOf = (cli: Cli): string => readFileSync(join(cli.home, 'config.toml'), 'utf8');

async function given(): Promise<Cli> {
  const cli = new WarmCli();
  expect((await cli.run(['targets', 'add', 'billing', 'https://one.example/in'])).code).to.equal(0);
  return cli;
}

/** `targets set billing url=…` at a terminal of 80 columns, with this answer to its question. */
async function answered(cli: Cli, keys: string, ...more: readonly string[]) {
  const set = ['targets', 'set', 'billing', 'url=https://two.example/in', ...more];
  const running: RunningCli = startOnTerminal(cli, set);
  await running.until(({ stdout }) => stdout.includes(QUESTION));
  running.child.stdin?.write(keys);
  const { code, stdout } = await running.exited;
  return { code, screen: plain(stdout) };
}

if (HAS_TERMINALS)
  describe('another address for a name, at a terminal', () => {
    it('is said first, in 80 columns, and done after a yes', async () => {
      const cli = await given();
      const { code, screen } = await answered(cli, 'y\r');
      expect(code, screen).to.equal(0);
      const [before = '', after = ''] = screen.split(QUESTION);
      expect(before.replaceAll('\n', ' ')).to.match(
        /warning: .*https:\/\/two\.example\/in .*another target, which gets everything/,
      );
      expect(after.replaceAll('\n', ' ')).to.include('another target from now on');
      for (const line of screen.split('\n')) expect(line.length, line).to.be.at.most(80);
      expect(configOf(cli)).to.include('url = "https://two.example/in"');
    });

    for (const [title, keys] of [
      ['a no', 'n\r'],
      ['Enter alone', '\r'],
      ['anything else', 'maybe\r'],
    ] as const)
      it(`changes nothing after ${title}, and says how it is meant`, async () => {
        const cli = await given();
        const before = configOf(cli);
        const { code, screen } = await answered(cli, keys);
        expect(code, screen).to.equal(64);
        expect(screen.replaceAll('\n', ' ')).to.match(/nothing was changed: .*--same.*--yes/);
        expect(configOf(cli)).to.equal(before);
      });

    it('can be interrupted at the question', async () => {
      const cli = await given();
      const before = configOf(cli);
      const { code } = await answered(cli, '\x03');
      expect(code).to.equal(130);
      expect(configOf(cli)).to.equal(before);
    });
  });
