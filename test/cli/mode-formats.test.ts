import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const set = (cli: Cli, ...more: string[]) =>
  cli.run(['mode', 'EXTERNAL_RECEIVER', '--endpoint', 'https://h.example/in', ...more]);

describe('redrain mode says how requests look', () => {
  it('and writes it into the table of the endpoint', async () => {
    const cli = new WarmCli();
    const wire = ['--format', 'webhook', '--secret-env', 'NEW_KEY', '--secret-env', 'OLD_KEY'];
    const travel = ['--compression', 'gzip', '--concurrency', '32'];
    const files = ['--client-cert', 'own.pem', '--client-key', '/etc/own.key'];
    const { code, stderr } = await set(cli, ...wire, ...travel, ...files);
    expect(code).to.equal(0);
    expect(stderr, 'a key for signatures that is not there').to.include('NEW_KEY');
    const config = readFileSync(join(cli.home, 'config.toml'), 'utf8');
    for (const line of [
      'format = "webhook"',
      'secret_env = ["NEW_KEY", "OLD_KEY"]',
      'compression = "gzip"',
      'concurrency = 32',
      'client_key = "/etc/own.key"',
    ])
      expect(config).to.include(line);
    expect(config, 'a path of the shell, made absolute').to.match(/client_cert = "\/.+\/own\.pem"/);
    await set(cli, '--cloudevents', 'binary');
    expect(readFileSync(join(cli.home, 'config.toml'), 'utf8'))
      .to.include('format = "cloudevents"')
      .and.include('mode = "binary"');
  });

  it('and what stands around events; another format takes that away', async () => {
    const cli = new WarmCli();
    const bulk = '{"index":{"_id":{{id}}}}\n{{event}}';
    const text = () => readFileSync(join(cli.home, 'config.toml'), 'utf8');
    expect((await set(cli, '--format', 'lines', '--item', bulk)).code).to.equal(0);
    const { stdout } = await cli.run(['targets', 'show', 'h.example', '--json']);
    expect(JSON.parse(stdout).settings.item).to.deep.equal({ value: bulk, from: 'file' });
    const list = await cli.run(['targets', 'show', 'h.example']);
    expect(list.stdout, 'on one line').to.include('{{id}}}}\\n{{event}}');
    const body = `{"key":"\${API_KEY}","batch":{{events}}}`;
    const json = ['--format', 'json', '--body', body, '--content-type', 'a/b'];
    const refused = await set(cli, ...json);
    expect(refused.stderr, 'two lines are no JSON').to.match(/item must be JSON once/);
    const { stderr } = await set(cli, ...json, '--item', '{"row":{{event}}}');
    expect(stderr).to.match(/API_KEY is not set: .+ in the body of requests/);
    expect(text()).to.include('content_type = "a/b"').and.include('{{events}}').and.include('item');
    expect((await set(cli, '--format', 'webhook')).code).to.equal(0);
    expect(text()).to.not.match(/body|item|content_type/);
  });

  it('in a table with a name, where the old table cannot hold it', async () => {
    const cli = new WarmCli();
    const old =
      '[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "https://h.example/in"\nack = "status"\n';
    mkdirSync(cli.home, { recursive: true });
    writeFileSync(join(cli.home, 'config.toml'), old);
    expect((await set(cli, '--max-events', '7')).code).to.equal(0);
    const text = () => readFileSync(join(cli.home, 'config.toml'), 'utf8');
    expect(text()).to.include('[sync.external]').and.include('max_events = 7');
    expect((await set(cli, '--format', 'webhook')).code).to.equal(0);
    expect(text()).to.not.include('external]');
    const { stdout } = await cli.run(['targets', 'show', 'h.example', '--json']);
    const { settings, is_active: isActive } = JSON.parse(stdout);
    expect(isActive).to.equal(true);
    expect(settings.format.value).to.equal('webhook');
    expect(settings.ack.value).to.equal('status');
    expect(settings.max_events.value).to.equal(7);
  });

  it('and refuses what makes no sense before anything is written', async () => {
    const cli = new WarmCli();
    for (const [wrong, words] of [
      [['--format', 'webhook', '--cloudevents', 'batch'], /exclude each other/],
      [['--client-cert', 'own.pem'], /belong together/],
      [['--secret-env', 'whsec_c2VjcmV0IQ=='], /name of a variable/],
      [['--format', 'soap'], /soap/],
      [['--body', '{"e":{{events}}}'], /body belongs to the format json/],
      [['--format', 'json', '--body', '{"e":"{{events}}"}'], /must be JSON/],
    ] as const) {
      const { code, stderr } = await set(cli, ...wrong);
      expect(code).to.equal(64);
      expect(stderr).to.match(words).and.not.include('c2VjcmV0');
    }
    expect(() => readFileSync(join(cli.home, 'config.toml'))).to.throw('ENOENT');
  });
});
