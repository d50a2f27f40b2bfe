import { expect } from 'chai';
import { login } from '../../src/app/spec-kitty/login.js';
import type { StatusDocument } from '../../src/app/status.js';
import { Secret } from '../../src/config/secret.js';
import { Redrain } from '../../src/index.js';
import { captured } from '../processes/given-events.js';
import { inPairs } from '../support/cli.js';
import { type EventServer, eventServer, said } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

/**
 * Signing in asked the environment, sending asked config.toml. That nothing
 * but the resolver reads either is the business of
 * test/targets/authority-is-the-only-reader; here is what users would see.
 */
const SITUATIONS: readonly {
  readonly what: string;
  readonly config?: (here: string, there: string) => string;
  readonly env?: (here: string, there: string) => string;
}[] = [
  { what: 'only config.toml names one', config: (here) => here },
  { what: 'only the environment names one', env: (here) => here },
  { what: 'they name two', config: (_here, there) => there, env: (here) => here },
  { what: 'they spell one in two ways', config: (here) => `${here}/`, env: (here) => shout(here) },
];

const shout = (url: string): string => url.replace('http', 'HTTP');

/** The whole traffic of a first day, each request once. */
const DAY = [
  '/api/v1/token/',
  '/api/v1/token/refresh/',
  '/api/v1/sync/health/',
  '/api/v1/events/batch/',
];

async function tokenServer(): Promise<EventServer> {
  const server = await eventServer();
  // So short a token is renewed before anything is sent.
  const grant = { access: 'short', refresh: 'again', access_lifetime: 30, team_slug: 'blue' };
  server.otherwise = ({ path }) => {
    if (path === '/api/v1/token/') return said(200, grant);
    if (path === '/api/v1/token/refresh/')
      return said(200, { access: 'long', access_lifetime: 900 });
    return { status: 404 };
  };
  return server;
}

describe('incident 1: signed in at one server, events went to another', () => {
  for (const { what, config, env } of SITUATIONS)
    it(`login, token renewal, health and upload reach one server when ${what}`, async () => {
      const [here, there] = [await tokenServer(), await tokenServer()];
      const named = env?.(here.url, there.url);
      const machine = new Machine({
        SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
        ...(named === undefined ? {} : { SPEC_KITTY_SAAS_URL: named }),
      });
      const url = config?.(here.url, there.url);
      const line = url === undefined ? '' : `server_url = "${url}"\n`;
      machine.configure(`[sync]\n${line}[sync.projects]\nunassigned = "allow"\n`);
      const app = machine.app();

      const password = new Secret('secret');
      await login(app, {
        proof: async () => ({ kind: 'password', username: 'ada', password }),
        onWarning: () => undefined,
      });
      const redrain = Redrain.on(app);
      await redrain.capture({ event_id: 'e', event_type: 'T' });
      const report = await redrain.drain();

      expect(report).to.include({ delivered: 1, target_url: here.url });
      expect(here.paths).to.deep.equal(DAY);
      expect(there.connections()).to.equal(0);
    });

  it('two servers that were not meant to differ stop both commands before any socket', async () => {
    const [one, other] = [await eventServer(), await eventServer()];
    const cli = new WarmCli({
      SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
      SPEC_KITTY_SAAS_URL: other.url,
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
      SPEC_KITTY_TOKEN: 'token',
      SPEC_KITTY_TEAM: 'blue',
    });
    cli.configure(`[sync]\nserver_url = "${one.url}"\n[sync.projects]\nunassigned = "allow"\n`);
    await captured(cli, [{ event_id: 'e', event_type: 'T' }]);

    const [signIn, now, status] = await inPairs(
      [['login'], ['now'], ['status', '--json']],
      (args) => cli.run(args),
    );

    for (const run of [signIn, now]) {
      expect(run?.code, run?.stderr).to.equal(4);
      expect(run?.stderr).to.contain(one.url).and.contain(other.url);
    }
    expect(status?.json<StatusDocument>().target_authority).to.include({
      configured_server_url: one.url,
      env_server_url: other.url,
      override_mode: 'setup_only',
    });
    expect(one.connections() + other.connections()).to.equal(0);
  });
});
