import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LoginReport } from '../../src/app/spec-kitty/login.js';
import type { LogoutReport } from '../../src/app/spec-kitty/logout.js';
import { type ScriptedServer, scriptedServer } from '../receivers/scripted-server.js';
import type { Cli } from '../support/cli.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const A = 'https://a.example';
const TOKEN = 'marker-ready-token';

const stored = (cli: Cli): string => join(stateOf(cli.home), 'credentials.toml');
const text = (cli: Cli): string => readFileSync(stored(cli), 'utf8');

async function countedServer(): Promise<ScriptedServer> {
  const server = await scriptedServer(() => ({ status: 500 }));
  closeAfterTest(() => server.close());
  return server;
}

const expectNoToken = ({ stdout, stderr }: { stdout: string; stderr: string }): void => {
  expect(stdout + stderr).to.not.contain('marker');
};

describe('redrain login with a ready token', () => {
  it('keeps it for the server that is named', async () => {
    const cli = new WarmCli();
    const args = [
      'login',
      `${A}:443/`,
      '--token-stdin',
      '--team',
      'blue',
      '--user',
      'ada',
      '--json',
    ];
    const run = await cli.run(args, { stdin: ` ${TOKEN}\n` });
    expect(run.code, run.stderr).to.equal(0);
    expect(run.json<LoginReport>()).to.deep.equal({
      server: A,
      state: 'signed_in',
      message: null,
      user: 'ada',
      team_slug: 'blue',
      access_expires_at: null,
      refresh_expires_at: null,
      kept_in: stored(cli),
      is_server_in_force: false,
      is_overruled: false,
    });
    expectNoToken(run);
    expect(text(cli)).to.equal(
      `[servers."${A}"]\naccess = "${TOKEN}"\nusername = "ada"\nteam_slug = "blue"\n`,
    );
    expect(statSync(stored(cli)).mode & 0o777).to.equal(0o600);
  });

  it('takes it from the environment, for the server in force', async () => {
    const cli = new WarmCli({ MY_TOKEN: TOKEN });
    cli.configure(`[sync]\nserver_url = "${A}"\n`);
    const run = await cli.run(['login', '--token-env', 'MY_TOKEN']);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.contain(`logged in at ${A}`);
    expect(run.stderr).to.match(/No team is known/);
    expectNoToken(run);
    expect(text(cli)).to.contain(TOKEN);
  });

  it('says when something else goes before it', async () => {
    const cli = new WarmCli({ MY_TOKEN: TOKEN, SPEC_KITTY_TOKEN: 'other', SPEC_KITTY_TEAM: 'red' });
    cli.configure(`[sync]\nserver_url = "${A}"\n`);
    const here = await cli.run(['login', '--token-env', 'MY_TOKEN', '--team', 'blue']);
    expect(here.stderr).to.match(/SPEC_KITTY_TOKEN is set and goes before/);
    const there = await cli.run(['login', 'https://b.example', '--token-env', 'MY_TOKEN']);
    expect(there.stderr).to.match(/Events go to another server/);
  });

  const wrong: [name: string, args: string[], stdin: string, words: RegExp][] = [
    ['none on stdin', ['--token-stdin'], ' \n', /stdin holds no token/],
    ['two words', ['--token-stdin'], 'marker token', /not a token: one word/],
    ['no ASCII', ['--token-stdin'], 'märker-marker', /not a token: one word/],
    ['an unset variable', ['--token-env', 'NOWHERE'], '', /variable NOWHERE holds no token/],
    ['two places', ['--token-stdin', '--token-env', 'X'], TOKEN, /cannot be used with/],
    ['a flood', ['--token-stdin'], 'marker'.repeat(20_000), /more than any token/],
  ];
  for (const [name, args, stdin, words] of wrong)
    it(`refuses ${name} with exit 64 and without showing it`, async () => {
      const cli = new WarmCli();
      const run = await cli.run(['login', A, ...args], { stdin });
      expect(run.code).to.equal(64);
      expect(run.stderr).to.match(words);
      expectNoToken(run);
      expect(existsSync(stored(cli))).to.equal(false);
    });
});

describe('redrain login', () => {
  it('needs a terminal or a token', async () => {
    const server = await countedServer();
    const run = await new WarmCli().run(['login', server.url]);
    expect(run.code).to.equal(64);
    expect(run.stderr).to.match(/no terminal.*--token-stdin/);
    expect(server.connections()).to.equal(0);
  });

  it('does not guess a server', async () => {
    const run = await new WarmCli().run(['login', '--token-stdin'], { stdin: TOKEN });
    expect(run.code).to.equal(64);
    expect(run.stderr).to.match(/no server is configured.*redrain login URL/);
  });

  for (const url of ['stub:', 'nowhere', 'https://ada:pw@a.example'])
    it(`refuses ${url}`, async () => {
      const run = await new WarmCli().run(['login', url, '--token-stdin'], { stdin: TOKEN });
      expect(run.code).to.equal(64);
      expect(run.stderr).to.contain('cannot be used as an address').and.not.contain('pw');
    });

  it('lets nothing secret out over plain http to another machine', async () => {
    const cli = new WarmCli();
    const run = await cli.run(['login', 'http://192.0.2.1:9', '--token-stdin'], { stdin: TOKEN });
    expect(run.code).to.equal(6);
    expect(run.stderr).to.match(/refusing to send a token or password to 192.0.2.1:9/);
    expect(existsSync(stored(cli))).to.equal(false);
  });

  it('fails with exit 4 before any socket when two servers are named', async () => {
    const [one, other] = [await countedServer(), await countedServer()];
    const cli = new WarmCli({
      SPEC_KITTY_SAAS_URL: other.url,
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
    });
    cli.configure(`[sync]\nserver_url = "${one.url}"\n`);
    for (const url of [[], [one.url]]) {
      const run = await cli.run(['login', ...url]);
      expect(run.code, run.stderr).to.equal(4);
      expect(run.stderr).to.contain(one.url).and.contain(other.url);
    }
    expect((await cli.run(['logout'])).code).to.equal(4);
    expect((await cli.run(['logout', one.url])).code).to.equal(0);
    expect(one.connections() + other.connections()).to.equal(0);
  });

  it('warns when the environment overrides the server', async () => {
    const cli = new WarmCli({ SPEC_KITTY_SAAS_URL: A });
    cli.configure('[sync]\nserver_url = "https://b.example"\n');
    const run = await cli.run(['login', '--token-stdin', '--team', 'x'], { stdin: TOKEN });
    expect(run.code).to.equal(0);
    expect(run.stderr).to.contain(A).and.contain('https://b.example');
    expect(text(cli)).to.contain(`[servers."${A}"]`);
  });

  it('does nothing under a configuration that cannot be read', async () => {
    const cli = new WarmCli();
    cli.configure('[sync\n');
    const run = await cli.run(['login', A, '--token-stdin'], { stdin: TOKEN });
    expect(run.code).to.equal(6);
    expect(existsSync(stored(cli))).to.equal(false);
    expect((await cli.run(['logout', A])).code).to.equal(0);
  });

  it('names a store it cannot use, and leaves it alone', async () => {
    const cli = new WarmCli();
    mkdirSync(stateOf(cli.home), { recursive: true });
    writeFileSync(stored(cli), 'access = "marker');
    for (const args of [
      ['login', A, '--token-stdin'],
      ['logout', A],
    ]) {
      const run = await cli.run(args, { stdin: TOKEN });
      expect(run.code).to.equal(6);
      expect(run.stderr)
        .to.contain(stored(cli))
        .and.match(/line 1/);
      expectNoToken(run);
    }
    expect(text(cli)).to.equal('access = "marker');
  });
});

describe('redrain logout', () => {
  const KITTY = `[tokens]\naccess = "marker-kitty"\n[user]\nteam_slug = "x"\n[server]\nurl = "${A}"\n`;

  async function loggedIn(): Promise<Cli> {
    const cli = new WarmCli();
    cli.configure(`[sync]\nserver_url = "${A}"\n`);
    for (const url of [A, 'https://b.example'])
      await cli.run(['login', url, '--token-stdin', '--team', 'blue'], { stdin: TOKEN });
    return cli;
  }

  it('forgets the login of one server', async () => {
    const cli = await loggedIn();
    chmodSync(stored(cli), 0o640);
    const run = await cli.run(['logout', '--json']);
    expect(run.code).to.equal(0);
    expect(run.json<LogoutReport>()).to.deep.equal({
      server: A,
      removed: true,
      kept_in: stored(cli),
      still_found_in: [],
    });
    expect(text(cli)).to.contain('https://b.example').and.not.contain(A);
    const again = await cli.run(['logout', A]);
    expect(again.code).to.equal(0);
    expect(again.stdout).to.contain('held no login');
  });

  it('never touches Spec Kitty’s credentials, and says that they are there', async () => {
    const cli = await loggedIn();
    const credentials = join(cli.home, 'credentials');
    writeFileSync(credentials, KITTY);
    const { mtimeMs } = statSync(credentials);
    const run = await cli.run(['logout', A], { env: { SPEC_KITTY_TOKEN: 'marker-env' } });
    expect(run.stderr)
      .to.contain(credentials)
      .and.match(/SPEC_KITTY_TOKEN is set/);
    expectNoToken(run);
    expect(readFileSync(credentials, 'utf8')).to.equal(KITTY);
    expect(statSync(credentials).mtimeMs).to.equal(mtimeMs);
    const json = await cli.run(['logout', A, '--json']);
    expect(json.json<LogoutReport>().still_found_in).to.deep.equal([credentials]);
  });

  it('creates nothing on a home that does not exist', async () => {
    const cli = new WarmCli();
    const run = await cli.run(['logout', A]);
    expect(run.code).to.equal(0);
    expect(existsSync(cli.home)).to.equal(false);
  });
});
