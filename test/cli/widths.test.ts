import { cpSync, mkdirSync } from 'node:fs';
import { expect } from 'chai';
import { widthOf } from '../../src/cli/width.js';
import { captured } from '../processes/given-events.js';
import { type Cli, inPairs, startReceiver } from '../support/cli.js';
import { HAS_TERMINALS, plain, startOnTerminal } from '../support/pty.js';
import { WarmCli } from '../support/warm-cli.js';

const LONG_NAME = `warehouse-${'of-the-north-'.repeat(4)}x`;
const LONG_ID = `order-${'0123456789-'.repeat(20)}`;
const LONG_TYPE = `OrderPlaced${'ByACustomerOfThePast'.repeat(8)}`;
const WIDE_ID = `発注-${'漢字'.repeat(40)}`;
const PROJECT = '11111111-2222-4333-8444-555555555555';

/** A home that has a bit of everything, each with the longest names there may be. */
async function givenFullHome(): Promise<Cli> {
  const cli = new WarmCli({ HOOK_KEY: 'k' });
  const receiver = await startReceiver({ misbehave: { rejectTypes: ['PaymentFailed'] } });
  const address = `${receiver.url}/hooks/${'a-path-that-goes-on/'.repeat(6)}`;
  await captured(cli, [
    { event_id: LONG_ID, event_type: LONG_TYPE, project_uuid: PROJECT, repo_slug: LONG_NAME },
    { event_id: WIDE_ID, event_type: 'T', project_uuid: PROJECT },
    { event_id: 'שלום-עולם', event_type: 'مرحبا' },
    ...Array.from({ length: 20 }, (_, i) => ({ event_id: `p-${i}`, event_type: 'PaymentFailed' })),
  ]);
  const done = async (...words: string[]): Promise<void> => {
    const { code, stderr } = await cli.run(words);
    expect([0, 2, 5, 7], `${words.join(' ')}: ${stderr}`).to.include(code);
  };
  await done('targets', 'add', LONG_NAME, address);
  await done('targets', 'add', 'down', 'http://127.0.0.1:9/');
  await done('now', '--all');
  await done('capture', cli.file('other.jsonl', [{ event_id: LONG_ID, event_type: 'another' }]));
  await done('targets', 'label', LONG_NAME, 'a label '.repeat(12).trim());
  await done('enqueue', 'gc');
  await done('schedule', 'defaults');
  return cli;
}

/** Every command that shows something; those that change a home have one of their own. */
const COMMANDS: readonly (readonly string[])[] = [
  ['status'],
  ['status', '--check'],
  ['events'],
  ['events', '--state', 'rejected'],
  ['inspect', LONG_ID],
  ['inspect', 'p-0'],
  ['diff', LONG_NAME, 'down'],
  ['doctor'],
  ['verify'],
  ['targets'],
  ['targets', 'show', LONG_NAME],
  ['projects'],
  ['conflicts'],
  ['conflicts', 'show', '1'],
  ['conflicts', 'resolve', '1', '--keep', 'incoming'],
  ['audit'],
  ['config'],
  ['mode'],
  ['jobs'],
  ['schedule'],
  ['gc'],
  ['archive'],
  ['redact', LONG_ID, '--reason', 'a reason'],
  ['retry', '--all', '--dry-run'],
  ['replay', '--target', LONG_NAME, '--dry-run'],
  ['now', '--dry-run'],
  ['now', '--all', '--dry-run'],
  ['now', '--all', '--no-wait'],
  ['capture', 'bad.jsonl', 'not-there.jsonl'],
  ['server'],
  ['migrate', '--dry-run'],
  ['events', '--since', 'never'],
  ['targets', 'add', 'no name', 'ftp://x'],
  ['use', `no-${LONG_NAME}`],
];

/** A word without blanks is never broken: it is there to be copied. */
const isOneWord = (line: string): boolean => !line.trim().replace(/^\S+ /, '').includes(' ');

describe('every command on a terminal of 80 columns', () => {
  before(function () {
    if (!HAS_TERMINALS) {
      process.stderr.write('\nSKIPPED: commands on a terminal: util-linux has no `script` here\n');
      this.skip();
    }
  });

  it('has colours there, none with NO_COLOR, and no sequence at all in a pipe', async () => {
    const cli = await givenFullHome();
    await inPairs([['status'], ['events'], ['doctor'], ['top']], async (words) => {
      const piped = await cli.run(words);
      expect(piped.stdout + piped.stderr, words.join(' ')).to.not.include('\u001b');
      if (words[0] === 'top') return;
      const coloured = await startOnTerminal(cli, words).exited;
      const isColoured = ['\u001b[31m', '\u001b[33m'].some((one) => coloured.stdout.includes(one));
      expect(isColoured, words.join(' ')).to.equal(true);
      const bare = Object.assign(copyOf(cli), { home: cli.home });
      bare.env.NO_COLOR = '1';
      const uncoloured = await startOnTerminal(bare, words).exited;
      expect(uncoloured.stdout, words.join(' ')).to.not.include('\u001b[');
    });
  });

  it('says in words what colours say', async () => {
    const cli = await givenFullHome();
    const { stdout } = await cli.run(['status']);
    expect(stdout)
      .to.match(/^problem: 20 rejected/m)
      .and.match(/^warning: 23 to be tried again/m);
    expect((await cli.run(['doctor'])).stdout).to.match(/^PROBLEM rejected/m);
  });

  it('shows no line that is wider, whatever names and addresses there are', async () => {
    const given = await givenFullHome();
    const wide = await inPairs(COMMANDS, async (words) => {
      const cli = copyOf(given);
      const { stdout } = await startOnTerminal(cli, words).exited;
      expect(stdout, words.join(' ')).to.not.equal('');
      return plain(stdout)
        .replaceAll('\u200e', '')
        .split('\n')
        .filter((line) => widthOf(line) > 80 && !isOneWord(line))
        .map((line) => `${words.join(' ')}: ${line}`);
    });
    expect(wide.flat()).to.deep.equal([]);
  });
});

function copyOf({ home, env }: Cli): Cli {
  const cli = new WarmCli(env);
  Object.assign(cli.env, { HOME: cli.userHome, TMPDIR: cli.tmp });
  mkdirSync(cli.home, { recursive: true });
  cpSync(home, cli.home, { recursive: true });
  cli.file('bad.jsonl', ['{"event_id": 1, "event_type":', `{"event_id":"${LONG_ID}x","n":}`]);
  return cli;
}
