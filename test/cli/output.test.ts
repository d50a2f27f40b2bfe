import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { type Cli, inPairs, startReceiver } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const ESCAPE = '\u001b';

const READING = [
  ['status'],
  ['targets'],
  ['projects', 'list'],
  ['inspect', 'e-0001'],
  ['config'],
  ['server'],
  ['mode'],
  ['now', '--dry-run'],
  ['now'],
];

async function givenUsedHome(): Promise<Cli> {
  const cli = new WarmCli();
  sendTo(cli, 'stub:');
  await captured(cli, envelopes(2));
  expect((await cli.run(['now'])).code).to.equal(0);
  return cli;
}

describe('the output', () => {
  it('is one JSON document on stdout with --json, coloured terminals or not', async () => {
    const cli = await givenUsedHome();
    const env = { FORCE_COLOR: '1' };
    const runs = await inPairs(READING, (args) =>
      cli.run([...args, '--json', '--verbose'], { env }),
    );
    for (const [i, run] of runs.entries()) {
      expect(run.code, `${READING[i]?.join(' ')}: ${run.stderr}`).to.equal(0);
      expect(run.json()).to.be.an('object');
      expect(run.stdout).to.match(/\}\n$/).and.not.include(ESCAPE);
    }
  });

  it('is one JSON document with --json when a command fails, too', async () => {
    const cli = new WarmCli();
    for (const [args, code] of [
      [['inspect', 'no-such-event'], 64],
      [['mode', 'NONSENSE'], 64],
      [['now', '--target', '9'], 64],
      [['now', '--frobnicate'], 64],
      [['capture', 'nowhere.jsonl'], 3],
    ] as const) {
      const run = await cli.run([...args, '--json']);
      expect(run.code, args.join(' ')).to.equal(code);
      expect(run.json(), args.join(' ')).to.include({ exit_code: code });
      expect(run.json().error, args.join(' ')).to.be.a('string').and.not.equal('');
      expect(run.stderr).to.include(run.json().error as string);
    }
  });

  it('has no colour under NO_COLOR', async () => {
    const cli = await givenUsedHome();
    const coloured = await cli.run(['status'], { env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout, 'colour to be switched off').to.include(ESCAPE);
    const env = { FORCE_COLOR: '1', CI: '1', NO_COLOR: '1' };
    const all = [['status'], ['targets'], ['now', '--help'], ['mode', 'NONSENSE'], ['frobnicate']];
    for (const run of await inPairs(all, (args) => cli.run(args, { env })))
      expect(run.stdout + run.stderr).not.to.include(ESCAPE);
  });

  it('is nothing with --quiet when all is well, and still the error when it is not', async () => {
    const cli = await givenUsedHome();
    for (const args of [['now'], ['status'], ['capture', cli.file('x.jsonl', envelopes(1, 'x'))]])
      expect(await cli.run([...args, '--quiet'])).to.include({ code: 0, stdout: '', stderr: '' });
    expect((await cli.run(['inspect', 'nobody', '--quiet'])).stderr).to.include('nobody');
  });

  it('says what it captured to people in words and to machines in numbers', async () => {
    const cli = new WarmCli();
    const file = cli.file('x.jsonl', [...envelopes(2), 'not json']);
    const told = await cli.run(['capture', file]);
    expect(told.stdout).to.equal('captured 2 events, 1 input without a usable event\n');
    expect(told.stderr).to.include(`${file}:3: not JSON`);
  });
});

describe('the home', () => {
  it('is the only place that is written to', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url);
    await captured(cli, envelopes(2));
    for (const args of [
      ['now'],
      ['status'],
      ['targets'],
      ['config'],
      ['projects', 'hold', '--all'],
    ])
      expect((await cli.run(args)).code).to.equal(0);
    expect(readdirSync(cli.userHome)).to.deep.equal([]);
    expect(readdirSync(cli.tmp)).to.deep.equal([]);
    expect(readdirSync(cli.cwd)).to.deep.equal([]);
    expect(readdirSync(cli.root).sort()).to.deep.equal(['cwd', 'home', 'tmp', 'user']);
  });

  it('is --home, else REDRAIN_HOME, else SPEC_KITTY_HOME, else the place of the platform', async () => {
    const cli = new WarmCli();
    const place = (name: string): string => join(cli.root, name);
    const env = { REDRAIN_HOME: place('redrain-home'), SPEC_KITTY_HOME: place('kitty-home') };
    const given: readonly (readonly [string, string[], Record<string, string>])[] = [
      [place('flag'), ['--home', place('flag')], env],
      [place('redrain-home'), [], env],
      [place('kitty-home'), [], { ...env, REDRAIN_HOME: '' }],
      [join(cli.userHome, '.local', 'share', 'redrain'), [], {}],
    ];
    const runs = await inPairs(
      given,
      ([, args, variables]) =>
        cli.startBare(['config', '--json', ...args], { env: variables }).exited,
    );
    expect(runs.map((run) => run.json().home)).to.deep.equal(given.map(([home]) => home));
    const stdin = envelopes(1)[0] ?? '';
    expect((await cli.startBare(['capture'], { stdin }).exited).code).to.equal(0);
    expect(existsSync(join(cli.userHome, '.local', 'share', 'redrain', 'journal.db'))).to.equal(
      true,
    );
  });
});
