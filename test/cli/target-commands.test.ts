import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startReceiverOf } from '../catalogue/receiver.js';
import { batchOf } from '../catalogue/requests.js';
import { captured, envelopes, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { type Cli, type CliResult } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const config = (cli: Cli): string => readFileSync(join(cli.home, 'config.toml'), 'utf8');

async function done(cli: Cli, ...args: string[]): Promise<CliResult> {
  const run = await cli.run(args);
  expect(run.code, run.stderr + run.stdout).to.equal(0);
  return run;
}

async function refused(cli: Cli, args: string[], says: RegExp, code = 64): Promise<void> {
  const run = await cli.run(args);
  expect(run.stderr).to.match(says);
  expect(run.code).to.equal(code);
}

interface Shown {
  id: number;
  is_active: boolean;
  settings: Record<string, { value: unknown; from: string }>;
}

const shown = async (cli: Cli, name: string): Promise<Shown> =>
  (await done(cli, 'targets', 'show', name, '--json')).json<Shown & Record<string, unknown>>();

describe('redrain targets add, set, show, rename and use', () => {
  it('the first target is active, the second is not, and events go where they are named', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    const first = await done(cli, 'targets', 'add', 'billing', 'stub:b', '--types', 'WP*,!WPDraft');
    expect(first.stdout).to.match(/It is the active target/);
    const second = await done(cli, 'targets', 'add', 'audit', 'stub:a');
    expect(second.stdout).to.match(/It is not the active target: `redrain use audit`/);
    await done(cli, 'now');
    expect((await done(cli, 'targets')).stdout).to.match(/1 +billing +active +2[\s\S]*2 +audit +0/);
    expect((await done(cli, 'use', 'audit')).stdout).to.match(/audit is the active target/);
    await done(cli, 'now');
    expect((await done(cli, 'targets')).stdout).to.match(/1 +billing +2[\s\S]*2 +audit +active +2/);
  });

  it('every option is written down by its key, and shown with where it comes from', async () => {
    const cli = new WarmCli();
    const options = (
      '--cloudevents binary --secret-env NEW --secret-env OLD --auth-env TOKEN --header X-Key=KEY ' +
      '--types A*,!AB --projects allowed --from now --ack status --compression none --concurrency 3 ' +
      '--rate 500/s --max-events 10 --max-bytes 1000 --client-cert c.pem --client-key k.pem --ca-file ca.pem'
    ).split(' ');
    const url = `https://h.example/in?key=\${HOOK_KEY}`;
    await done(cli, 'targets', 'add', 'all', url, ...options);
    expect(config(cli)).to.include(`url = "https://h.example/in?key=\${HOOK_KEY}"`);
    const { settings } = await shown(cli, 'all');
    expect(Object.keys(settings)).to.have.members(
      'format mode secret_env auth_env headers types projects from ack compression max_events max_bytes concurrency rate client_cert client_key ca_file'.split(
        ' ',
      ),
    );
    for (const [key, { from }] of Object.entries(settings)) expect(from, key).to.equal('file');
    expect(settings.headers?.value).to.deep.equal({ 'X-Key': 'KEY' });
  });

  it('a time is written down as one that every machine reads alike', async () => {
    const cli = new WarmCli({ TZ: 'Europe/Berlin' });
    await done(cli, 'targets', 'add', 'late', 'stub:late', '--from', '2026-11-22');
    expect(config(cli)).to.include('from = "2026-11-21T23:00:00.000Z"');
    await done(cli, 'targets', 'set', 'late', 'from=2026-11-22T10:00Z');
    expect(config(cli)).to.include('from = "2026-11-22T10:00:00.000Z"');
  });

  it('comments stay, and all of a set is written at once or not at all', async () => {
    const cli = new WarmCli();
    const before = `# mine
[redrain]
mode = "EXTERNAL_RECEIVER" # on purpose
target = "a"
[redrain.targets.a] # the first
url = "stub:a"
ack = "auto" # for now
`;
    cli.configure(before);
    await refused(
      cli,
      ['targets', 'set', 'a', 'ack=status', 'format=xml'],
      /format must be one of/,
    );
    expect(config(cli)).to.equal(before);
    const set = await done(cli, 'targets', 'set', 'a', 'ack=status', 'max_events=5');
    expect(set.stdout).to.match(/a ack: auto → status\na max_events: 1000 → 5/);
    expect(config(cli)).to.equal(
      before.replace('"auto" # for', '"status" # for').concat('max_events = 5\n'),
    );
    await done(cli, 'targets', 'set', 'a', 'max_events=');
    expect(config(cli)).to.equal(before.replace('"auto" # for', '"status" # for'));
    await done(cli, 'targets', 'rename', 'a', 'b.c');
    expect(config(cli)).to.match(/target = "b.c"\n\[redrain\.targets\."b\.c"\] # the first\n/);
    expect((await shown(cli, 'b.c')).is_active).to.equal(true);
  });

  it('another address is another target: asked first, and everything goes there', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    await done(cli, 'targets', 'add', 'a', 'stub:one');
    await done(cli, 'now');
    await refused(
      cli,
      ['targets', 'set', 'a', 'url=stub:two'],
      /another target.*[\s\S]*--same.*--yes/,
    );
    expect(config(cli)).to.include('stub:one');
    const moved = await done(cli, 'targets', 'set', 'a', 'url=stub:two', '--yes');
    expect(moved.stdout).to.match(/stub:one goes on as a-old: `redrain targets retire a-old`/);
    await done(cli, 'now');
    expect((await done(cli, 'targets')).stdout).to.match(/a-old +2[\s\S]* a +active +2/);
    await done(cli, 'targets', 'retire', 'a-old');
    expect((await done(cli, 'targets')).stdout).to.match(/1 +a-old +retired/);
  });

  it('a key in the query makes another target, and a variable is proposed before it is added', async () => {
    const cli = new WarmCli();
    await done(cli, 'targets', 'add', 'a', 'https://h.example/in?key=old-s3cret');
    const added = await done(cli, 'targets', 'add', 'b', 'https://h.example/in?key=new-s3cret');
    expect(added.stderr).to.match(
      /another target than .*'https:\/\/h\.example\/in\?key=\$\{HOOK_KEY\}'/,
    );
    expect(added.stderr + added.stdout).to.not.include('s3cret');
  });

  it('--same: the receiver has moved, and nothing goes out again', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(3));
    await done(cli, 'targets', 'add', 'a', 'stub:one');
    await done(cli, 'now');
    const moved = await done(cli, 'targets', 'set', 'a', 'url=stub:two', '--same');
    expect(moved.stdout).to.match(/It moved from stub:one, and keeps everything it has/);
    const { targets } = (await done(cli, 'targets', '--json')).json<{ targets: object[] }>();
    expect(targets).to.have.length(1);
    expect(targets[0]).to.include({ id: 1, canonicalUrl: 'stub:two', delivered: 3, waiting: 0 });
    await done(cli, 'targets', 'add', 'b', 'stub:one');
    await refused(
      cli,
      ['targets', 'set', 'b', 'url=stub:two', '--same'],
      /address of the target a/,
    );
  });

  it('a known address keeps what it has, under the name that it gets', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    cli.configure(
      '[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "stub:a"\nmax_events = 7\n',
    );
    await done(cli, 'now');
    cli.configure('[sync]\nmode = "EXTERNAL_RECEIVER"\n');
    const added = await done(cli, 'targets', 'add', 'mine', 'stub:a', '--ack', 'status');
    expect(added.stdout).to.match(/known already, and keeps[\s\S]*max_events +7 +file/);
    const { id, settings } = await shown(cli, 'mine');
    expect(id).to.equal(1);
    expect(settings.max_events?.value).to.equal(7);
    expect(settings.ack?.value).to.equal('status');
  });

  it('the endpoint of [sync.external] becomes a table with a name when it gets a setting', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    sendTo(cli, 'stub:old', { maxEvents: 7 });
    await done(cli, 'now');
    const { targets } = (await done(cli, 'targets', '--json')).json<{
      targets: [{ name: string }];
    }>();
    const { name } = targets[0];
    await done(cli, 'targets', 'set', name, 'rate=30/m');
    expect(config(cli)).to.not.include('external]');
    const { id, is_active, settings } = await shown(cli, name);
    expect({ id, is_active }).to.deep.equal({ id: 1, is_active: true });
    expect(settings.rate?.value).to.equal('30/m');
    expect(settings.max_events?.value).to.equal(7);
    expect((await done(cli, 'now', '--json')).json()).to.deep.include({ delivered: 0 });
  });

  it('what another mode decides stays: a home that keeps events goes on keeping them', async () => {
    const cli = new WarmCli();
    cli.configure('[redrain]\nmode = "LOCAL_RETENTION"\n');
    const added = await done(cli, 'targets', 'add', 'a', 'stub:a');
    expect(added.stdout).to.match(/not the active target/);
    expect(config(cli)).to.include('mode = "LOCAL_RETENTION"');
    await refused(cli, ['targets', 'test', 'a'], /Mode keep sends nothing/, 6);
    const signedIn = new WarmCli(SIGNED_IN);
    signedIn.configure('[sync]\nserver_url = "https://preview.example"\n');
    await done(signedIn, 'targets', 'add', 'a', 'stub:a');
    expect(config(signedIn)).to.not.include('mode');
  });

  it('a new target is told what it can no longer get, and how that comes back', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(3));
    await done(cli, 'targets', 'add', 'a', 'stub:a');
    await done(cli, 'now');
    await done(cli, 'archive', '--keep-days', '0', '--yes');
    const added = await done(cli, 'targets', 'add', 'b', 'stub:b');
    expect(added.stdout).to.match(/3 events only in an archive.*`redrain restore /);
  });

  const BAD: readonly (readonly [args: string, says: RegExp])[] = [
    ['add', /missing required argument/],
    ['add Bad stub:x', /cannot be a name/],
    ['add 12 stub:x', /digits alone/],
    ['add x ftp://h', /must start with https/],
    [`add x https://h/\${V}`, /only values of its query/],
    ['add x https://user:secret@h/', /user or password/],
    ['add x stub:x --format xml', /Allowed choices/],
    ['add x stub:x --max-events many', /whole number/],
    ['add x stub:x --max-events 5000', /must be a whole number from 1 to 1000/],
    ['add x stub:x --rate fast', /500\/s/],
    ['add x stub:x --from tomorrow', /cannot read --from "tomorrow"/],
    ['add x stub:x --header Host=H', /cannot be set/],
    ['add x stub:x --header secret', /NAME=ENV_VAR/],
    ['add x stub:x --auth-env s3cret-value', /name of an environment variable/],
    ['add x stub:x --client-cert a.pem', /belong together/],
    ['add x stub:x --format batch --cloudevents binary', /belongs to --format cloudevents/],
    ['add a stub:other', /name of the target stub:a.*targets set a url=URL/],
    ['add other stub:a', /address of the target a.*targets rename a NAME/],
    ['set a', /missing required argument/],
    ['set a ack', /not KEY=VALUE/],
    ['set a colour=red', /not a setting of a target/],
    ['set a max_bytes=0', /whole number from 1/],
    ['set a ack=auto --same', /--same belongs to url/],
    ['set nobody ack=auto', /no target nobody/],
    ['rename a B', /cannot be a name/],
    ['rename nobody b', /no target nobody/],
    ['show nobody', /no target nobody/],
    ['test nobody', /no target nobody/],
    ['test a --member nonsense', /NAME=JSON/],
  ];
  it('refuses what is wrong, says how it is right, and changes nothing', async function () {
    this.timeout(120_000);
    const cli = new WarmCli();
    await done(cli, 'targets', 'add', 'a', 'stub:a');
    const before = config(cli);
    for (const [args, says] of BAD) {
      const run = await cli.run(['targets', ...args.split(' ')]);
      expect(run.stderr, args)
        .to.match(says)
        .and.not.match(/s3cret|secret@/);
      expect(run.code, args).to.equal(64);
    }
    expect(config(cli)).to.equal(before);
  });
});

describe('redrain targets test', () => {
  it('sends nothing of the journal, exits 2 for what cannot work, and names the setting', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    const ids: string[] = [];
    const { url } = await startReceiverOf({
      receive(request) {
        const sent = batchOf(request).map(({ id }) => id);
        ids.push(...sent);
        return {
          status: 200,
          body: { results: sent.map((id) => ({ event_id: id, status: 'success' })) },
        };
      },
    });
    await done(cli, 'targets', 'add', 'a', url);
    const run = await done(cli, 'targets', 'test', 'a');
    expect(run.stdout).to.match(/warning no_deduplication: [\s\S]*a takes events\.$/m);
    expect(ids).to.have.length.above(3);
    expect(ids.every((id) => id.startsWith('redrain-test-'))).to.equal(true);
    expect(
      (await done(cli, 'targets', '--json')).json<{ targets: object[] }>().targets[0],
    ).to.include({
      delivered: 0,
      waiting: 2,
    });
  });

  it('a module is tried within this process, a stub as well', async () => {
    const cli = new WarmCli();
    await done(cli, 'targets', 'add', 'own', 'module:./own.mjs');
    const missing = await cli.run(['targets', 'test', 'own']);
    expect(missing.code).to.equal(2);
    expect(missing.stdout).to.match(/error not_ready: /);
    writeFileSync(
      join(cli.home, 'own.mjs'),
      'export default { deliver: async (events) => events.length > 0 ? "all" : [] };\n',
    );
    const run = await done(cli, 'targets', 'test', 'own');
    expect(run.stdout).to.match(/^own {2}module:\.\/own\.mjs {2}module\nown takes events\.\n$/);
    await done(cli, 'targets', 'add', 'stub', 'stub:s');
    await done(cli, 'targets', 'test', 'stub');
  });

  it('--json has findings with code, severity, message and setting, and the command that fits', async () => {
    const cli = new WarmCli();
    const { url } = await startReceiverOf({
      receive: () => ({ status: 200, body: { ok: true } }),
    });
    await done(cli, 'targets', 'add', 'a', url, '--ack', 'results');
    const run = await cli.run(['targets', 'test', 'a', '--json']);
    expect(run.code).to.equal(2);
    const { findings, command, works } = run.json();
    expect(works).to.equal(false);
    expect(command).to.equal('redrain targets set a ack=auto');
    expect(findings).to.have.length(1);
    expect((findings as object[])[0]).to.include({
      code: 'no_results',
      severity: 'error',
      setting: 'ack=auto',
    });
    expect((findings as object[])[0]).to.have.property('message');
  });
});
