import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { configNaming } from '../spec-kitty/given-authority.js';
import { TokenServer, type TokenServerOptions } from '../spec-kitty/token-server.js';
import { type Cli, type CliResult } from '../support/cli.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const HOUR_MS = 3_600_000;
const soon = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();

/** A home that is signed in at a server, with a token that is over, and one event to send. */
async function given(options: TokenServerOptions): Promise<{ cli: Cli; server: TokenServer }> {
  const server = await TokenServer.start(options);
  const cli = new WarmCli({ SPEC_KITTY_ENABLE_SAAS_SYNC: '1' });
  cli.configure(`${configNaming(server.url)}[sync.projects]\nunassigned = true\n`);
  mkdirSync(stateOf(cli.home), { recursive: true });
  writeFileSync(
    credentialsOf(cli),
    `[servers."${server.url}"]\naccess = "marker-access-0"\nrefresh = "marker-refresh-0"\n` +
      `access_expires_at = "${soon(-1)}"\nrefresh_expires_at = "${soon(1)}"\n` +
      'username = "ada@example.com"\nteam_slug = "blue"\n',
    { mode: 0o600 },
  );
  return { cli, server };
}

const credentialsOf = (cli: Cli): string => join(stateOf(cli.home), 'credentials.toml');

/** Every file below a directory that holds the marker. */
function filesWithMarker(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => readFileSync(file).includes('marker'));
}

const EVERYTHING: readonly (readonly string[])[] = [
  ['now', '--verbose'],
  ['now', '--json'],
  ['status'],
  ['status', '--json'],
  ['targets', '--json'],
  ['inspect', 'e-1', '--json'],
  ['config', '--json'],
  ['logout', '--json', 'https://other.example'],
];

async function tryEverything(cli: Cli): Promise<CliResult[]> {
  const events = cli.file('events.jsonl', [{ event_id: 'e-1', event_type: 'WPStatusChanged' }]);
  const results = [await cli.run(['capture', events])];
  for (const args of EVERYTHING) results.push(await cli.run(args));
  return results;
}

describe('tokens', () => {
  const servers: [name: string, options: TokenServerOptions, leastPosts: number][] = [
    ['a server that takes them', { refresh: 'marker-refresh-0' }, 1],
    ['a server that refuses to renew and echoes them', { refresh: 'another' }, 0],
    [
      'a server that renews, then refuses and echoes them',
      { refresh: 'marker-refresh-0', refusesBatches: true },
      2,
    ],
  ];
  for (const [name, options, leastPosts] of servers)
    it(`appear in no output and in no other file, with ${name}`, async () => {
      const { cli, server } = await given(options);
      const results = await tryEverything(cli);
      expect(server.refreshes).to.have.length.of.at.least(1);
      expect(server.batches).to.have.length.of.at.least(leastPosts);
      for (const { stdout, stderr } of results) expect(stdout + stderr).to.not.contain('marker');
      expect(filesWithMarker(cli.root)).to.deep.equal([credentialsOf(cli)]);
    });
});
