import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Command } from 'commander';
import { buildProgram, COMMAND_NAMES, SPEC_KITTY_COMMANDS } from '../../src/cli/program.js';
import { type Cli, type CliResult, inPairs } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

/** Words of another product: a home of redrain's own never says one of them. */
const THEIRS = /teamspace|spec.?kitty|saas|fly\.dev|login|server_url/i;

const NEUTRAL = COMMAND_NAMES.filter((name) => !SPEC_KITTY_COMMANDS.includes(name));

/** What people type on the first days, right and wrong. */
const TYPED: readonly string[] = [
  '--verbose',
  'logn',
  'init --url ftp://nowhere',
  'init',
  'demo --what',
  'serve --port 99999',
  'receive',
  'receive --port 0 --host 0.0.0.0',
  'receive --port 0 --tokens nowhere',
  'status',
  'top',
  'open --port 99999',
  'edges',
  'edges show nobody',
  'edges ack nobody',
  'edges token',
  'edges token revoke nobody',
  'status --check',
  'doctor',
  'now',
  'now --dry-run',
  'now --all',
  'now --to nobody',
  'targets',
  'targets add UPPER https://a.test',
  'targets add b https://user:password@a.test',
  'targets show nobody',
  'targets test nobody',
  'targets retire 7',
  'use nobody',
  'targets list',
  'targets set a format=nothing',
  'targets rename a UPPER',
  'config',
  'config get nothing',
  'config set mode loud',
  'config validate',
  'mode',
  'mode nonsense',
  'mode endpoint',
  'projects list',
  'events',
  'inspect nothing',
  'events --export',
  'retry',
  'retry --all',
  'replay --target 9',
  'diff 1 2',
  'audit',
  'gc',
  'archive',
  'verify',
  'storage',
  'storage init',
  'storage migrate',
  'storage check',
  'storage import nothing',
  'restore nothing.jsonl.gz',
  'redact nothing --reason x',
  'conflicts list',
  'jobs',
  'jobs list dispatch',
  'jobs show 99',
  'jobs init',
  'schedule list',
  'schedule add gc --id x',
  'schedule remove nothing',
  'enqueue',
  'enqueue dispatch',
  'worker',
  'worker nothing',
  'worker gc --once',
  'completion tcsh',
  'completion bash',
  'capture nothing.jsonl',
];

describe('a home that is not shared with Spec Kitty', () => {
  it('lists no command of theirs in its help, and says no word of them in any', async () => {
    const help = (await new WarmCli().run(['--help'])).stdout;
    for (const name of SPEC_KITTY_COMMANDS)
      expect(help).not.to.match(new RegExp(`^ +${name} `, 'm'));
    expect(help).to.match(/^ +capture /m);
    expect(said([help, ...(await everyHelp())])).to.deep.equal([]);
  });

  it('is typed every command of it here', () => {
    const typed = new Set(TYPED.map((line) => line.split(' ')[0]));
    expect(NEUTRAL.filter((name) => !typed.has(name))).to.deep.equal([]);
  });

  it('is where the platform keeps data, and has its files directly in it', async () => {
    const cli = new WarmCli();
    const run = await cli.startBare(['capture'], { stdin: event(1) }).exited;
    expect(run.code, run.stderr).to.equal(0);
    const home = join(cli.userHome, '.local', 'share', 'redrain');
    expect(readdirSync(home)).to.include('journal.db').and.not.include('redrain');
    expect(readdirSync(cli.userHome)).to.deep.equal(['.local']);
  });

  it('has no target yet: `now` says what to type, and everything else is content', async () => {
    const cli = new WarmCli();
    const now = await cli.run(['now']);
    expect(now).to.include({ code: 6, stdout: 'no target yet: redrain targets add NAME URL\n' });
    const report = await cli.run(['now', '--json']);
    expect(report.json()).to.include({ blocked_reason: 'no_target', message: 'no target yet' });
    expect((await cli.run(['doctor'])).code).to.equal(0);
    expect((await cli.run(['status', '--check'])).code).to.equal(0);
    const { checks } = (await cli.run(['doctor', '--json'])).json<{ checks: Check[] }>();
    const odd = checks.filter(({ status }) => !['ok', 'skipped'].includes(status));
    expect(odd).to.deep.equal([
      {
        check: 'delivery',
        status: 'notice',
        message: 'no target yet',
        command: 'redrain targets add NAME URL',
      },
    ]);
  });

  it('gets its target by the command that it names, and sends', async () => {
    const cli = new WarmCli();
    await cli.run(['capture'], { stdin: event(1) });
    const waiting = (await cli.run(['status', '--json'])).json<{ findings: Check[] }>();
    expect(waiting.findings[0]).to.deep.include({ check: 'delivery', status: 'warning' });
    expect((await cli.run(['targets', 'add', 'a', 'stub:a'])).code).to.equal(0);
    expect((await cli.run(['now'])).code).to.equal(0);
    expect((await cli.run(['status'])).stdout).to.match(/^mode +endpoint$/m);
  });

  it('says no word of them while it is empty, nor of a wrong command line', () =>
    saysNothing(
      new WarmCli(),
      [...TYPED, ...NEUTRAL.map((name) => `${name} --no-such-option`)],
      [''],
    ));

  it('nor with events, a target and a mode', async () => {
    const cli = new WarmCli();
    await cli.run(['capture'], { stdin: event(1) });
    await saysNothing(cli, ['now', 'status', 'doctor', 'config', 'events']);
    await cli.run(['targets', 'add', 'a', 'stub:a']);
    await cli.run(['now']);
    await saysNothing(cli);
    await cli.run(['mode', 'keep']);
    await saysNothing(cli, ['now', 'status', 'doctor', 'mode', 'now --to a', 'config']);
    await cli.run(['mode', 'discard']);
    await saysNothing(cli, ['now', 'status', 'doctor', 'mode', 'audit', 'config']);
  });

  it('nor with a configuration that is wrong', async () => {
    const cli = new WarmCli();
    for (const toml of ['[redrain]\nmode = "loud"\n', 'broken', '[redrain.families]\nX = "y"\n']) {
      cli.configure(toml);
      await saysNothing(cli, ['now', 'status', 'doctor', 'mode', 'config', 'targets']);
    }
  });

  it('is told so when there is no home at all', async () => {
    const cli = new WarmCli();
    const env = { HOME: '', XDG_DATA_HOME: 'relative' };
    const run = await cli.startBare(['status'], { env }).exited;
    // A user that the system knows has a home all the same.
    if (run.code !== 0) expect(run.stderr).to.include('--home');
    expect(existsSync(join(cli.cwd, '.spec-kitty'))).to.equal(false);
  });
});

interface Check {
  readonly check: string;
  readonly status: string;
}

const event = (n: number): string => JSON.stringify({ event_id: `e${n}`, event_type: 'Happened' });

/** Types everything, for people and for programs, and greps what is printed. */
async function saysNothing(
  cli: Cli,
  lines: readonly string[] = TYPED,
  forms: readonly string[] = ['', ' --json'],
): Promise<void> {
  const all = lines.flatMap((line) => forms.map((form) => `${line}${form}`));
  const runs = await inPairs(all, async (line): Promise<[string, CliResult]> => {
    return [line, await cli.run(line.split(' '))];
  });
  expect(runs.filter(([, { code }]) => code === 1 || code === null)).to.deep.equal([]);
  expect(
    said(runs.map(([line, { stdout, stderr }]) => `${line}\n${stdout}${stderr}`)),
  ).to.deep.equal([]);
}

const said = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split('\n').filter((line) => THEIRS.test(line)));

/** The help of every command and of every command below it. */
async function everyHelp(): Promise<string[]> {
  const program = await buildProgram(NEUTRAL, () => undefined, { isNeutral: true });
  const texts: string[] = [];
  const read = (command: Command): void => {
    command.configureOutput({ writeOut: (text) => texts.push(text) });
    command.outputHelp();
    command.commands.forEach(read);
  };
  program.commands.filter((command) => NEUTRAL.includes(command.name())).forEach(read);
  expect(texts).to.have.length.greaterThan(NEUTRAL.length);
  return texts;
}
