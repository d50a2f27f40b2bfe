import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ProjectRow } from '../../src/app/projects.js';
import type { TargetSummary } from '../../src/app/targets.js';
import type { ConfigRow } from '../../src/config/in-force.js';
import { captured, envelopes, PROJECT, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { type Cli, type CliOptions, type CliResult } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

async function done(cli: Cli, args: string[], options: CliOptions = {}): Promise<CliResult> {
  const run = await cli.run(args, options);
  expect(run.code, `${args.join(' ')}: ${run.stderr}`).to.equal(0);
  return run;
}

const endpoint = (cli: Cli, url: string, ...more: string[]): Promise<CliResult> =>
  done(cli, ['mode', 'EXTERNAL_RECEIVER', '--endpoint', url, ...more]);

const config = (cli: Cli): string => readFileSync(join(cli.home, 'config.toml'), 'utf8');

describe('redrain server', () => {
  it('sets the address and leaves every other byte of config.toml alone', async () => {
    const cli = new WarmCli();
    cli.configure(
      '# mine\n[sync]  # the sync table\nserver_url = "https://old.test" # why\nmax_queue_size = 7\n\n[other]\nkey = 1\n',
    );
    await done(cli, ['server', 'https://new.test/base/']);
    expect(config(cli)).to.equal(
      '# mine\n[sync]  # the sync table\nserver_url = "https://new.test/base/" # why\nmax_queue_size = 7\n\n[other]\nkey = 1\n',
    );
  });

  it('shows the nine fields of the authority', async () => {
    const cli = new WarmCli(SIGNED_IN);
    await done(cli, ['server', 'HTTPS://Preview.Test:443/']);
    const run = await done(cli, ['server', '--json']);
    expect(run.json()).to.deep.include({
      configured_server_url: 'https://preview.test',
      env_server_url: null,
      override_mode: 'none',
      resolved_server_url: 'https://preview.test',
      user_id: SIGNED_IN.SPEC_KITTY_USER,
      team_slug: SIGNED_IN.SPEC_KITTY_TEAM,
      active_queue_scope_status: 'absent',
    });
    expect(run.json()).to.include.all.keys('derived_queue_scope', 'queue_db_path');
    expect((await done(cli, ['server'])).stdout).to.include('https://preview.test');
  });

  it('says that nothing was configured', async () => {
    expect((await done(new WarmCli(), ['server'])).stdout).to.match(/nothing was configured/i);
  });
});

describe('redrain mode', () => {
  it('shows and sets the policy, and stores TRASH as OPT_OUT', async () => {
    const cli = new WarmCli().theirs();
    expect((await done(cli, ['mode', '--json'])).json()).to.include({
      mode: 'TEAMSPACE',
      retention: true,
      delivery: 'teamspace',
    });
    expect((await done(cli, ['mode', 'TRASH', '--json'])).json()).to.include({
      mode: 'OPT_OUT',
      retention: false,
      delivery: 'none',
    });
    expect(config(cli)).to.include('"discard"').and.not.include('TRASH');
  });

  it('takes both spellings, and writes each table its own', async () => {
    for (const [table, written] of [
      ['redrain', 'keep'],
      ['sync', 'LOCAL_RETENTION'],
    ] as const)
      for (const word of ['keep', 'KEEP', 'local_retention']) {
        const cli = new WarmCli();
        cli.configure(`[${table}]\n`);
        expect((await done(cli, ['mode', word])).stdout).to.match(/^mode: keep\n/);
        expect(config(cli)).to.equal(`[${table}]\nmode = "${written}"\n`);
      }
  });

  it('gives a new endpoint none of the secrets of the old one', async () => {
    const seen: (string | undefined)[] = [];
    const server = await scriptedServer(({ headers }) => {
      seen.push(headers.authorization, headers['x-key'] as string | undefined);
      return { status: 200, body: '{"results":[]}' };
    });
    closeAfterTest(() => server.close());
    const cli = new WarmCli({ HOOK_TOKEN: 'secret-token', HOOK_KEY: 'secret-key' });
    const secrets = ['--auth-env', 'HOOK_TOKEN', '--header', 'X-Key=HOOK_KEY'];
    await endpoint(cli, 'http://127.0.0.1:9/old', ...secrets);
    expect(config(cli)).to.include('HOOK_TOKEN').and.not.include('secret-token');
    await endpoint(cli, server.url);
    const of = config(cli).split(
      `[redrain.targets."${new URL(server.url).host.replace(':', '-')}"]`,
    );
    expect(of).to.have.length(2);
    expect(of[1]).not.to.match(/HOOK_(TOKEN|KEY)/);
    await captured(cli, envelopes(1));
    await cli.run(['now']);
    expect(seen).to.deep.equal([undefined, undefined]);
    await endpoint(cli, server.url, ...secrets);
    await cli.run(['now']);
    expect(seen.slice(2)).to.deep.equal(['Bearer secret-token', 'secret-key']);
  });
});

describe('redrain mode, back at a known endpoint', () => {
  it('says what is kept, and each change as one', async () => {
    const cli = new WarmCli({ HOOK_KEY: 'secret-key' });
    await endpoint(cli, 'stub:a', '--projects', 'allowed', '--header', 'X-Key=HOOK_KEY');
    await done(cli, ['now']);
    await endpoint(cli, 'stub:b');
    const { stdout } = await endpoint(cli, 'stub:a', '--max-events', '7');
    expect(stdout).to.match(/^projects: allowed$/m);
    expect(stdout).to.match(/^headers: X-Key=HOOK_KEY$/m);
    expect(stdout).to.match(/^max_events: 1000 → 7$/m);
    expect(stdout).to.include('the target stub-a').and.not.include('secret-key');
    const widened = await endpoint(cli, 'stub:a', '--projects', 'all', '--json');
    expect(widened.json()).to.deep.include({
      changes: [{ key: 'projects', from: 'allowed', to: 'all' }],
    });
    expect((await done(cli, ['mode', '--json'])).json()).to.deep.include({ changes: [] });
  });
});

describe('redrain projects', () => {
  it('lists what is known and where each permission comes from, and allows and holds', async () => {
    const cli = new WarmCli();
    await captured(cli, [...envelopes(2), { event_id: 'u', event_type: 'T' }]);
    const projects = async (): Promise<ProjectRow[]> =>
      (await done(cli, ['projects', 'list', '--json'])).json<{ projects: ProjectRow[] }>().projects;
    const verdicts = async (): Promise<unknown[]> =>
      (await projects()).map(({ project_uuid, events, allowed, source }) => [
        project_uuid,
        events,
        allowed,
        source,
      ]);
    expect(await verdicts()).to.have.deep.members([
      [PROJECT, 2, false, 'unknown'],
      [null, 1, false, 'unknown'],
    ]);
    expect((await done(cli, ['projects', 'allow', '--all', '--json'])).json()).to.deep.equal({
      allowed: [PROJECT],
    });
    await done(cli, ['projects', 'hold', '--unassigned']);
    const rows = await projects();
    const byId = new Map(rows.map((row) => [row.project_uuid, row]));
    expect(byId.get(PROJECT)).to.include({ allowed: true });
    expect(byId.get(PROJECT)?.source).to.include('sync.projects');
    expect(byId.get(null)).to.include({ allowed: false });
    expect(byId.get(null)?.source).to.include('sync.projects');
  });
});

describe('redrain config', () => {
  it('says of every key where it comes from, and shows no secret', async () => {
    const cli = new WarmCli({ ...SIGNED_IN, SPEC_KITTY_SAAS_URL: 'https://env.test' });
    cli.configure('[sync]\nserver_url = "https://file.test"\nmode = "LOCAL_RETENTION"\n');
    const run = await done(cli, ['config', '--json']);
    const { keys } = run.json<{ keys: ConfigRow[] }>();
    const byKey = new Map(keys.map((row) => [row.key, row]));
    expect(byKey.get('sync.mode')).to.include({ value: 'LOCAL_RETENTION', source: 'file' });
    expect(byKey.get('sync.server_url')).to.include({
      value: 'https://env.test',
      source: 'environment',
    });
    expect(byKey.get('sync.external.ack')).to.include({ value: 'auto', source: 'default' });
    const text = (await done(cli, ['config'])).stdout;
    for (const shown of [run.stdout, text])
      expect(shown).not.to.include(SIGNED_IN.SPEC_KITTY_TOKEN);
  });
});

describe('redrain targets', () => {
  it('lists known targets with what each has', async () => {
    const cli = new WarmCli();
    expect((await done(cli, ['targets', '--json'])).json()).to.deep.equal({
      targets: [],
      declared: [],
    });
    await captured(cli, envelopes(3));
    sendTo(cli, 'stub:a');
    await done(cli, ['now', '--limit', '2']);
    sendTo(cli, 'stub:b');
    await done(cli, ['now']);
    const { targets } = (await done(cli, ['targets', '--json'])).json<{
      targets: TargetSummary[];
    }>();
    expect(targets).to.have.length(2);
    expect(targets[0]).to.include({ id: 1, delivered: 2, waiting: 1, is_current: false });
    expect(targets[1]).to.include({ id: 2, delivered: 3, waiting: 0, is_current: true });
    expect((await done(cli, ['targets'])).stdout).to.match(/^ *2 +\S+ +active .*stub:b/m);
  });
});

describe('redrain inspect', () => {
  it("tells an event's whole story, and its exact bytes with --raw", async () => {
    const cli = new WarmCli();
    const [line = ''] = envelopes(1);
    await captured(cli, [line]);
    sendTo(cli, 'stub:');
    await done(cli, ['now']);
    expect((await done(cli, ['inspect', 'e-0001', '--raw'])).stdout).to.equal(line);
    const story = (await done(cli, ['inspect', 'e-0001', '--json'])).json();
    expect(story).to.have.nested.property('revisions[0].payload', line);
    expect(story).to.have.nested.property('revisions[0].targets[0].delivery.status', 'success');
    expect((await done(cli, ['inspect', 'e-0001'])).stdout).to.match(/stub \(stub:\): success/);
  });
});
