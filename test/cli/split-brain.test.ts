import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { captured, envelopes, PROJECT, SIGNED_IN } from '../processes/given-events.js';
import { heldReceiver } from '../processes/held-receiver.js';
import { type ScriptedServer, scriptedServer } from '../receivers/scripted-server.js';
import { type Cli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

async function countedServer(): Promise<ScriptedServer> {
  const server = await scriptedServer(() => ({ status: 404 }));
  closeAfterTest(() => server.close());
  return server;
}

async function givenConfigured(url: string): Promise<Cli> {
  const cli = new WarmCli(SIGNED_IN);
  expect((await cli.run(['server', url])).code).to.equal(0);
  expect((await cli.run(['projects', 'allow', PROJECT])).code).to.equal(0);
  await captured(cli, envelopes(2));
  return cli;
}

describe('config.toml and SPEC_KITTY_SAAS_URL that name two servers', () => {
  it('fail with exit 4 and both addresses before any socket, when that is declared setup_only', async () => {
    const [configured, other] = [await countedServer(), await countedServer()];
    const cli = await givenConfigured(configured.url);
    const env = { SPEC_KITTY_SAAS_URL: other.url, SPEC_KITTY_SAAS_URL_MODE: 'setup_only' };

    for (const args of [['now'], ['now', '--dry-run', '--json']]) {
      const run = await cli.run(args, { env });
      expect(run.code, `${args.join(' ')}: ${run.stderr}`).to.equal(4);
      expect(run.stderr).to.include(configured.url).and.include(other.url);
    }
    const stdin = envelopes(1, 'more')[0] ?? '';
    expect((await cli.run(['capture'], { env, stdin })).code).to.equal(0);
    const status = await cli.run(['status', '--json'], { env });
    expect(status.code, status.stderr).to.equal(0);
    const { target_authority: authority, event_journal } = status.json<StatusDocument>();
    expect(authority).to.include({
      configured_server_url: configured.url,
      env_server_url: other.url,
      override_mode: 'setup_only',
    });
    expect(authority?.error).to.include(configured.url).and.include(other.url);
    expect(event_journal).to.include({ retained_event_count: 3 });
    expect((await cli.run(['status'], { env })).stdout)
      .to.include(configured.url)
      .and.include(other.url);

    expect(configured.connections() + other.connections()).to.equal(0);
  });

  it('stop a target that is named as well, so that no token goes to the wrong one', async () => {
    const [configured, other] = [await countedServer(), await countedServer()];
    const cli = await givenConfigured(configured.url);
    await cli.run(['now']);
    const before = configured.connections();
    const env = { SPEC_KITTY_SAAS_URL: other.url, SPEC_KITTY_SAAS_URL_MODE: 'setup_only' };
    const run = await cli.run(['now', '--target', '1'], { env });
    expect(run.code, run.stderr).to.equal(4);
    expect(configured.connections() - before + other.connections()).to.equal(0);
  });

  it('drain to the one of the environment otherwise, and say so before the network is asked', async () => {
    const configured = await countedServer();
    const other = await heldReceiver();
    const cli = await givenConfigured(configured.url);
    const env = { SPEC_KITTY_SAAS_URL: other.url };

    const running = cli.start(['now', '--json'], { env });
    await other.arrived(1);
    const saidBefore = running.stderr;
    other.release();
    const run = await running.exited;

    expect(run.code, run.stderr).to.equal(0);
    expect(run.json<DrainReport>()).to.include({ target_url: other.url, delivered: 2 });
    const [line, ...more] = saidBefore.trim().split('\n');
    expect(line).to.include(configured.url).and.include(other.url);
    expect(more).to.deep.equal([]);
    expect(configured.connections()).to.equal(0);
    const status = (await cli.run(['status', '--json'], { env })).json<StatusDocument>();
    expect(status.target_authority).to.include({
      override_mode: 'process_override',
      resolved_server_url: other.url,
    });
  });

  it('are one when they differ in spelling only', async () => {
    const server = await countedServer();
    const cli = await givenConfigured(server.url);
    const env = {
      SPEC_KITTY_SAAS_URL: `${server.url.replace('http', 'HTTP')}/`,
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
    };
    const run = await cli.run(['now', '--dry-run'], { env });
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stderr).to.equal('');
  });
});
