import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { DrainReport } from '../../../src/dispatch/drain-report.js';
import { captured } from '../../processes/given-events.js';
import { configNaming } from '../../spec-kitty/given-authority.js';
import { TokenServer } from '../../spec-kitty/token-server.js';
import type { Cli } from '../../support/cli.js';
import { stateOf } from '../../support/temporary-home.js';
import { WarmCli } from '../../support/warm-cli.js';
import { delivered } from '../home-state.js';
import type { Operation, Scene } from '../operation.js';

const OLD = 'https://old.example';
const NEW = 'https://new.example';

/** A file that somebody wrote by hand: every byte but the value is to stay. */
const configOf = (server: string): string =>
  `# ours, not yours\n[sync]  # é\nserver_url = "${server}" # the preview\n\n[custom]\nkey = [1,\n  2]\n`;

const loginAt = (server: string, access: string): string =>
  `[servers."${server}"]\naccess = "${access}"\nusername = "ada"\nteam_slug = "blue"\n`;

const NEIGHBOUR = `# kept by hand\n${loginAt('https://other.example', 'other')}`;

const credentialsOf = (cli: Cli): string => join(stateOf(cli.home), 'credentials.toml');

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
}

/** Which of these texts the file is, byte for byte; anything else is torn. */
function versionOf(file: string, versions: Readonly<Record<string, string>>): string {
  const text = readFileSync(file, 'utf8');
  const found = Object.entries(versions).find(([, whole]) => whole === text)?.[0];
  return found ?? expect.fail(`neither the old file nor the new one: ${text}`);
}

const config: Operation = {
  name: 'config',
  command: 'redrain server URL',
  steps: /^rewrite\./,
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    const file = cli.configure(configOf(OLD));
    const version = (): string =>
      versionOf(file, { 'the old file': configOf(OLD), 'the new file': configOf(NEW) });
    return {
      cli,
      run: (watched) => cli.run(['server', NEW, '--json'], watched),
      state: () => `config.toml: ${version()}`,
      whole: () => {
        expect(version()).to.equal('the new file');
      },
    };
  },
};

const login: Operation = {
  name: 'login',
  command: 'redrain login URL --token-env NAME',
  steps: /^rewrite\./,
  async prepare(): Promise<Scene> {
    const cli = new WarmCli({ READY: 'ready-token' });
    const file = credentialsOf(cli);
    const before = `${NEIGHBOUR}\n${loginAt(NEW, 'stale')}`;
    write(file, before);
    const after = `${NEIGHBOUR}\n${loginAt(NEW, 'ready-token')}`;
    const version = (): string =>
      versionOf(file, { 'the old file': before, 'the new file': after });
    return {
      cli,
      run: (watched) =>
        cli.run(
          ['login', NEW, '--token-env', 'READY', '--team', 'blue', '--user', 'ada', '--json'],
          watched,
        ),
      state: () => `credentials.toml: ${version()}`,
      whole: () => {
        expect(version()).to.equal('the new file');
        expect(statSync(file).mode & 0o777).to.equal(0o600);
      },
    };
  },
};

const HOUR_MS = 3_600_000;
const TOKEN_OVER = new Date(Date.now() - HOUR_MS).toISOString();
const RENEWABLE_UNTIL = new Date(Date.now() + 24 * HOUR_MS).toISOString();

const tokenFile = (server: string): string =>
  `${NEIGHBOUR}
[servers."${server}"] # the one
access = "old-access"
refresh = "old-refresh"
access_expires_at = "${TOKEN_OVER}"
refresh_expires_at = "${RENEWABLE_UNTIL}"
username = "ada"
team_slug = "blue"
`;

/** Everything but the four values that a renewal replaces. */
const withoutTokens = (text: string): string =>
  text.replaceAll(
    /^(access|refresh|access_expires_at|refresh_expires_at) = "(?!other).*"/gm,
    '$1 = …',
  );

const token: Operation = {
  name: 'token',
  command: 'redrain now',
  steps: /^(token\.|rewrite\.(filled|renamed))/,
  async prepare(): Promise<Scene> {
    const server = await TokenServer.start({ refresh: 'old-refresh' });
    const cli = new WarmCli({ SPEC_KITTY_ENABLE_SAAS_SYNC: '1', ISSUED: 'marker-access-1' });
    cli.configure(`${configNaming(server.url)}[sync.projects]\nunassigned = true\n`);
    const file = credentialsOf(cli);
    const before = tokenFile(server.url);
    write(file, before);
    await captured(cli, [{ event_id: 'e-1', event_type: 'WPStatusChanged' }]);
    const refresh = (): string =>
      /^refresh = "(\S+-refresh\S*)"/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'none';
    const relogin = [
      'login',
      server.url,
      '--token-env',
      'ISSUED',
      '--team',
      'blue',
      '--user',
      'ada',
    ];
    return {
      cli,
      run: (watched) => cli.run(['now', '--json'], watched),
      state: () =>
        `credentials.toml: ${refresh() === 'old-refresh' ? 'the old tokens' : 'the new tokens'}, renewals asked for: ${server.refreshes.length}, delivered: ${delivered(cli.home)} of 1`,
      safe: () => {
        const text = readFileSync(file, 'utf8');
        expect(withoutTokens(text)).to.equal(withoutTokens(before));
        expect(['old-refresh', 'marker-refresh-1']).to.include(refresh());
      },
      answer: (again) => {
        const { blocked_reason: reason } = again.json<DrainReport>();
        return reason === null ? 'says sent' : `says ${reason}: log in again`;
      },
      codes: [0, 6],
      finish: async () => {
        if (delivered(cli.home) === 1) return;
        expect((await cli.run(relogin)).code).to.equal(0);
        expect((await cli.run(['now'])).code).to.equal(0);
      },
      whole: () => {
        expect(delivered(cli.home)).to.equal(1);
      },
    };
  },
};

export const REWRITING: readonly Operation[] = [config, login, token];
