import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const FILE = `# mine
[redrain]
mode = "LOCAL_RETENTION" # for now

[redrain.capture]
busy_timeout_ms = 100   # short

[redrain.targets.billing]
url = "stub:billing"
`;

const config = (cli: Cli): string => readFileSync(join(cli.home, 'config.toml'), 'utf8');

describe('redrain config get, set and path', () => {
  it('prints one key in force, however its table is spelled', async () => {
    const cli = new WarmCli();
    cli.configure(FILE);
    for (const key of ['mode', 'redrain.mode', 'sync.mode'])
      expect(await cli.run(['config', 'get', key])).to.include({
        code: 0,
        stdout: 'LOCAL_RETENTION\n',
      });
    const row = (await cli.run(['config', 'get', 'targets.billing.url', '--json'])).json();
    expect(row).to.include({ key: 'redrain.targets.billing.url', source: 'file' });
    expect((await cli.run(['config', 'get', 'capture.max_event_bytes'])).stdout).to.equal(
      '1048576\n',
    );
    const unset = await cli.run(['config', 'get', 'http.ca_file']);
    expect(unset).to.include({ code: 2, stdout: '' });
    expect(unset.stderr).to.match(/http.ca_file is not set/);
    const path = await cli.run(['config', 'path']);
    expect(path.stdout).to.equal(`${join(cli.home, 'config.toml')}\n`);
  });

  it('sets a key and leaves every other byte, or writes nothing', async () => {
    const cli = new WarmCli();
    cli.configure(FILE);
    expect((await cli.run(['config', 'set', 'capture.busy_timeout_ms', '2000'])).stdout).to.equal(
      'redrain.capture.busy_timeout_ms = 2000\n',
    );
    await cli.run(['config', 'set', 'targets.billing.types', 'Order*,!OrderDraft']);
    await cli.run(['config', 'set', 'sync.projects.p1', 'allow']);
    const after = FILE.replace('= 100 ', '= 2000 ').replace(
      '"stub:billing"\n',
      '"stub:billing"\ntypes = ["Order*", "!OrderDraft"]\n',
    );
    expect(config(cli)).to.equal(`${after}\n[redrain.projects]\np1 = "allow"\n`);
  });

  it('refuses what would be wrong, or belongs elsewhere, and quotes no secret', async () => {
    const cli = new WarmCli();
    cli.configure(FILE);
    for (const [words, says] of [
      ['modee X', /no key "modee": did you mean mode\?/],
      ['redrain.targets.billing.max_event 1', /did you mean targets.billing.max_events\?/],
      ['mode SOMETIMES', /mode must be one of .*Nothing was written/],
      ['capture.busy_timeout_ms soon', /whole number from 0 to 600000/],
      ['targets.billing.auth_env hunter2-secret', /name of an environment variable, not a value/],
      ['targets.billing.headers.X-Key hunter2-secret', /name of an environment variable/],
      ['targets.billing.token hunter2-secret', /no key "targets.billing.token"/],
      ['SPEC_KITTY_TOKEN hunter2-secret', /variable of the environment/],
      ['server_url https://me:hunter2@a.example', /user or password/],
      ['targets.billing.url https://a.example', /redrain targets set NAME url=URL/],
      ['external.endpoint https://a.example', /redrain mode endpoint/],
    ] as const) {
      const run = await cli.run(['config', 'set', ...words.split(' ')]);
      expect(run.code, `${words}: ${run.stdout}`).to.equal(64);
      expect(run.stderr, words).to.match(says);
      expect(run.stderr, words).to.not.match(/hunter2/);
    }
    expect(config(cli)).to.equal(FILE);
  });
});

describe('redrain config validate', () => {
  it('names every fault with its line, and exits with 2', async () => {
    const cli = new WarmCli();
    const file = cli.configure(`[redrain]
mode = "SOMETIMES"
target = "zip"
[redrain.capture]
busy_timeout_ms = "x"
[redrain.targets.a]
url = "stub:a"
colour = "red"
auth_env = "hunter2-secret"
[sync]
server_url = "https://a.example"
target = "b"
`);
    const run = await cli.run(['config', 'validate']);
    expect(run.code).to.equal(2);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(file, '').slice(0, 30))).to.deep.equal([
      ':2: redrain.mode must be one o',
      ':3: sync.target and redrain.ta',
      ':5: redrain.capture.busy_timeo',
      ':8: redrain.targets.a.colour i',
      ':9: redrain.targets.a.auth_env',
      ':12: sync.target names "b", wh',
      '6 faults',
    ]);
    expect(run.stdout).to.not.match(/hunter2/);
    const broken = cli.configure('[redrain]\nmode = \n');
    expect((await cli.run(['config', 'validate', '--json'])).json()).to.deep.include({
      file: broken,
      ok: false,
      exists: true,
    });
    expect((await cli.run(['config', 'validate'])).stdout).to.match(
      /config.toml:2: line 2, column/,
    );
  });

  it('names addresses that nothing can be sent to', async () => {
    const cli = new WarmCli();
    cli.configure(`[sync]
server_url = "ftp://a.example"
[sync.targets."b.c"]
url = "https://me:hunter2@b.example"
`);
    const { stdout, code } = await cli.run(['config', 'validate']);
    expect(code).to.equal(2);
    expect(stdout).to.match(/config.toml:2: sync.server_url: .*https/);
    expect(stdout).to.match(/config.toml:4: .*user or password/);
    expect(stdout).to.not.match(/hunter2/);
  });

  it('exits with 0 for a file that is right, or not there', async () => {
    const cli = new WarmCli();
    expect(await cli.run(['config', 'validate'])).to.include({ code: 0 });
    cli.configure(FILE);
    const run = await cli.run(['config', 'validate']);
    expect(run.code).to.equal(0);
    expect(run.stdout).to.match(/config.toml is valid\n$/);
  });
});
