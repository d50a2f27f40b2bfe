import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cli, type CliResult } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';
import { hasTerminals, onTerminal } from './typed-login.js';

const config = (cli: Cli): string => readFileSync(join(cli.home, 'config.toml'), 'utf8');

async function done(cli: Cli, args: readonly string[], code = 0): Promise<CliResult> {
  const run = await cli.run(args);
  expect(run.code, `${args.join(' ')}: ${run.stderr}`).to.equal(code);
  return run;
}

const URL_FLAGS = ['init', '--url', 'stub:orders', '--name', 'orders', '--format', 'webhook'];

describe('redrain init', () => {
  it('declares the target that it is given, says what it did, and does it once', async () => {
    const cli = new WarmCli();
    const first = (await done(cli, URL_FLAGS)).stdout;
    expect(first).to.match(/is set up\.\nEvents go to orders: stub:orders\nNext: `redrain targets/);
    const written = config(cli);
    expect(written).to.match(/^\[redrain\]\nmode = "endpoint"\ntarget = "orders"\n/);
    for (const again of [URL_FLAGS, ['init'], ['init', '--url', 'stub:orders']])
      expect((await done(cli, again)).stdout).to.match(/was set up already: nothing was changed/);
    expect(config(cli)).to.equal(written);
    await cli.run(['capture'], { stdin: '{"id":"1","type":"T"}' });
    expect((await done(cli, ['now'])).stdout).to.match(/1 delivered/);
  });

  it('adds another target, and leaves the active one', async () => {
    const cli = new WarmCli();
    await done(cli, URL_FLAGS);
    const run = await done(cli, ['init', '--url', 'https://hooks.example/in', '--json']);
    expect(run.json()).to.deep.include({
      changed: true,
      mode: 'endpoint',
      target: { name: 'hooks.example', address: 'https://hooks.example/in', is_active: false },
    });
    expect(config(cli)).to.include('target = "orders"');
  });

  it('keeps events here where that is wanted, and a later target does not change it', async () => {
    const cli = new WarmCli();
    expect((await done(cli, ['init', '--keep'])).stdout).to.match(/Events are kept here/);
    expect(config(cli)).to.equal('[redrain]\nmode = "keep"\n');
    await done(cli, ['init', '--keep']);
    expect((await done(cli, URL_FLAGS)).stdout).to.match(
      /can go to orders.*\n.*redrain use orders/,
    );
    expect(config(cli)).to.include('mode = "keep"');
  });

  it('replaces nothing: what a home is set up for stays', async () => {
    const cli = new WarmCli();
    await done(cli, URL_FLAGS);
    const before = config(cli);
    const run = await done(cli, ['init', '--keep'], 64);
    expect(run.stderr.replaceAll('\n', ' ')).to.match(
      /sends events to orders, and nothing was changed/,
    );
    expect(run.stderr).to.match(/redrain mode keep/);
    expect(config(cli)).to.equal(before);
  });

  it('takes Spec Kitty for an answer, and nobody has to know of it', async () => {
    const cli = new WarmCli();
    expect((await done(cli, ['init', '--help'])).stdout).not.to.match(/kitty/i);
    await done(cli, ['init', '--spec-kitty']);
    expect((await done(cli, ['mode', '--json'])).json()).to.include({ mode: 'TEAMSPACE' });
    expect((await done(cli, ['init', '--help'])).stdout).to.match(/--spec-kitty/);
  });

  it('asks nobody in a script, and refuses what cannot be', async () => {
    const cli = new WarmCli();
    for (const [args, says] of [
      [['init'], /--url URL, or --keep/],
      [['init', '--url', 'stub:a', '--keep'], /one of --url and --keep/],
      [['init', '--name', 'a'], /belong to --url/],
      [['init', '--url', 'nonsense'], /nonsense/],
      [['init', '--url', 'stub:a', '--name', 'A B'], /cannot be a name/],
    ] as const)
      expect((await done(cli, args, 64)).stderr).to.match(says);
    expect(existsSync(join(cli.home, 'config.toml'))).to.equal(false);
  });

  if (hasTerminals)
    it('asks one question on a terminal', async () => {
      for (const [typed, written] of [
        ['stub:orders\r', /target = "stub-orders"/],
        ['\r', /mode = "keep"/],
        ['spec-kitty\r', /mode = "teamspace"/],
      ] as const) {
        const cli = new WarmCli();
        const { code, screen } = await onTerminal(
          cli,
          ['init'],
          [['Where should events go?', typed]],
        );
        expect(code, screen).to.equal(0);
        expect(config(cli)).to.match(written);
      }
    });
});
