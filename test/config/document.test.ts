import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type ConfigDocument,
  ConfigUnreadableError,
  readConfigDocument,
  settingsOf,
} from '../../src/config/document.js';
import { DEFAULT_SETTINGS } from '../../src/config/settings.js';
import { temporaryHome } from '../support/temporary-home.js';

async function read(content: string | Uint8Array): Promise<ConfigDocument> {
  const path = join(temporaryHome(), 'config.toml');
  writeFileSync(path, content);
  return readConfigDocument(path);
}

const settings = async (content: string) => settingsOf(await read(content));

async function reasonOf(content: string | Uint8Array): Promise<string> {
  const document = await read(content);
  return document.state === 'unreadable' ? document.reason : `not refused: ${document.state}`;
}

const FULL = `
title = "shared with Spec Kitty"
[sync]
server_url = "https://a.example"
mode = "trash"
max_queue_size = 100000
background_daemon = "manual"
unknown = [1, 2]
[sync.external]
endpoint = "https://sink.example"
headers = { X-Key = "SINK_KEY" }
auth_env = "SINK_TOKEN"
ack = "status"
max_events = 10
max_bytes = 2048
projects = "allowed"
[sync.projects]
0B9CA7D0-2F4E-4D1B-9F3A-5C7D8E9F0A1B = "allow"
tools = false
unassigned = "hold"
[sync.repo_defaults."acme/app"]
enabled = true
[sync.repo_defaults."acme/other"]
[sync.checkout_overrides."/home/ada/app"]
enabled = false
note = "kept"
[sync.capture]
max_event_bytes = 4096
busy_timeout_ms = 0
[sync.coalesce]
WPStatusChanged = ["project_uuid", "payload.wp_id"]
[sync.families]
LocalThing = "local_only"
[sync.http]
ca_file = "/etc/ca.pem"
[other.table]
x = 1979-05-27T07:32:00Z
`;

describe('config.toml', () => {
  it('is absent when there is none, with the defaults, and nothing is created', async () => {
    const home = temporaryHome();
    const document = await readConfigDocument(join(home, 'no', 'config.toml'));
    expect(document).to.include({ state: 'absent', settings: DEFAULT_SETTINGS });
    expect(readdirSync(home)).to.deep.equal([]);
  });

  for (const [name, content] of [
    ['empty', ''],
    ['without our table', '[other]\nx = 1\n'],
    ['with an empty table', '[sync]\n'],
    ['with blank texts', '[sync]\nserver_url = " "\nexternal = { endpoint = "" }\n'],
  ] as const) {
    it(`gives the defaults when ${name}`, async () =>
      expect(await settings(content)).to.deep.equal(DEFAULT_SETTINGS));
  }

  it('is read whole', async () => {
    const given = await settings(FULL);
    expect(given).to.deep.include({
      configuredServerUrl: 'https://a.example',
      mode: 'OPT_OUT',
      caFile: '/etc/ca.pem',
    });
    expect(given.external).to.deep.equal({
      endpoint: 'https://sink.example',
      headers: new Map([['X-Key', 'SINK_KEY']]),
      authEnv: 'SINK_TOKEN',
      ack: 'status',
      maxEvents: 10,
      maxBytes: 2048,
      projects: 'allowed',
      unsaid: new Set(),
    });
    expect(given.capture).to.deep.equal({ maxEventBytes: 4096, busyTimeoutMs: 0, fields: {} });
    expect(given.coalesce).to.deep.equal(
      new Map([['WPStatusChanged', ['project_uuid', 'payload.wp_id']]]),
    );
    expect(given.families).to.deep.equal(new Map([['LocalThing', 'local_only']]));
  });

  it('gives the answers on projects, the old keys included', async () => {
    const { projectRules } = await settings(FULL);
    expect(projectRules).to.deep.equal({
      byProject: new Map([
        ['0b9ca7d0-2f4e-4d1b-9f3a-5c7d8e9f0a1b', true],
        ['tools', false],
      ]),
      unassigned: false,
      byCheckout: new Map([['/home/ada/app', false]]),
      byRepo: new Map([['acme/app', true]]),
    });
  });

  it('holds a project that is spelled twice with two answers', async () => {
    const id = '0b9ca7d0-2f4e-4d1b-9f3a-5c7d8e9f0a1b';
    for (const [first, second] of [
      ['allow', 'hold'],
      ['hold', 'allow'],
    ]) {
      const { projectRules } = await settings(
        `[sync.projects]\n${id} = "${first}"\n${id.toUpperCase()} = "${second}"\n`,
      );
      expect(projectRules.byProject.get(id)).to.equal(false);
    }
  });

  it('is read in every spelling of TOML', async () => {
    for (const content of [
      'sync = { server_url = "https://a.example" }',
      'sync.server_url = "https://a.example"',
      "['sync']\r\n\"server_url\" = 'https://a.example'\r\n",
      '\ufeff[sync]\nserver_url = """https://a.example"""',
    ]) {
      expect((await settings(content)).configuredServerUrl).to.equal('https://a.example');
    }
  });

  it('may hold what we do not know, also what we only show', async () => {
    const content =
      '[sync]\nmax_queue_size = "lots"\nbackground_daemon = 7\nbig = 9223372036854775807\n';
    expect(await settings(content)).to.deep.equal(DEFAULT_SETTINGS);
  });

  const broken: [content: string | Uint8Array, reason: RegExp][] = [
    ['[sync', /is broken: line 1, column/],
    ['[sync]\na = 1\na = 2\n', /is broken: line 3/],
    [Buffer.from([0x61, 0x3d, 0x22, 0xff, 0x22]), /is broken: it is not UTF-8/],
    ['a = "\u0000"', /is broken/],
    ['sync = 5', /sync must be a table, got 5/],
    ['sync = "x"', /sync must be a table, got "x"/],
    ['[[sync]]\nserver_url = "x"', /sync must be a table/],
    ['sync = 1979-05-27', /sync must be a table/],
    ['[sync]\nserver_url = 5', /sync\.server_url must be a text in quotes, got 5/],
    ['[sync]\nmode = "SOMETIMES"', /sync\.mode must be one of .*discard, got "SOMETIMES"/],
    ['[sync]\nmode = true', /sync\.mode must be a text/],
    ['[sync]\nexternal = []', /sync\.external must be a table/],
    [
      '[sync.external]\nack = "maybe"',
      /sync\.external\.ack must be one of auto, results, status, got "maybe"/,
    ],
    ['[sync.external]\nmax_events = 0', /max_events must be a whole number from 1 to 1000, got 0/],
    ['[sync.external]\nmax_events = 1001', /max_events must be/],
    ['[sync.external]\nmax_bytes = 1.5', /max_bytes must be/],
    ['[sync.external]\nmax_bytes = nan', /max_bytes must be/],
    ['[sync.external]\nmax_bytes = 9223372036854775807', /max_bytes must be/],
    ['[sync.external]\nheaders = { "X Key" = "A" }', /must be the name of an HTTP header/],
    ['[sync.projects]\nx = "maybe"', /sync\.projects\.x must be "allow" or "hold", got "maybe"/],
    ['[sync]\nprojects = "all"', /sync\.projects must be a table/],
    ['[sync.repo_defaults]\n"a/b" = true', /sync\.repo_defaults\."a\/b" must be a table, got true/],
    ['[sync.checkout_overrides."/a"]\nenabled = "yes"', /enabled must be true or false, got "yes"/],
    ['[sync.capture]\nbusy_timeout_ms = -1', /busy_timeout_ms must be/],
    ['[sync.coalesce]\nX = "project_uuid"', /sync\.coalesce\.X must be a list/],
    ['[sync.coalesce]\nX = []', /at least one field/],
    ['[sync.families]\nX = "precious"', /sync\.families\.X must be one of keep, local_only/],
    ['[sync.http]\nca_file = 1', /sync\.http\.ca_file must be a text/],
  ];
  for (const [content, reason] of broken) {
    it(`is unreadable, never "defaults": ${JSON.stringify(content.toString())}`, async () => {
      expect(await reasonOf(content)).to.match(reason);
    });
  }

  it('names every key that is wrong', async () => {
    expect(await reasonOf('[sync]\nmode = 1\nserver_url = 2\n')).to.match(
      /sync\.server_url.*sync\.mode/s,
    );
  });

  it('names a few of thousands of wrong keys', async () => {
    const keys = Array.from({ length: 5_000 }, (_, i) => `p${i} = "perhaps"`);
    const reason = await reasonOf(`[sync.projects]\n${keys.join('\n')}`);
    expect(reason).to.match(/p0 must be.*p9 must be.*; and 4990 more\.$/);
    expect(reason.length).to.be.lessThan(2_000);
  });

  it('is unreadable when it is larger than any list of projects', async () => {
    const room = 4 * 1024 * 1024;
    expect((await read('#'.repeat(room))).state).to.equal('ok');
    expect(await reasonOf('#'.repeat(room + 1))).to.match(/4194305 bytes are more than 4194304/);
  });

  it('never repeats what may be a secret', async () => {
    for (const content of [
      '[sync.external]\nauth_env = "Bearer hidden"',
      '[sync.external.headers]\nAuthorization = "Bearer hidden"',
      '[sync.external]\nendpoint = ["https://u:hidden@x"]',
      '[sync.external]\nauth_env = "hidden\nack = "results"',
    ]) {
      expect(await reasonOf(content))
        .to.match(/wrong|broken/)
        .and.not.contain('hidden');
    }
  });

  it('is unreadable when it is a directory, a link to nowhere, or below a file', async () => {
    const home = temporaryHome();
    const path = join(home, 'config.toml');
    mkdirSync(path);
    expect(await readConfigDocument(path))
      .to.have.property('reason')
      .that.contains('it is a directory');
    symlinkSync(join(home, 'gone'), join(home, 'link'));
    expect(await readConfigDocument(join(home, 'link')))
      .to.have.property('reason')
      .that.contains('does not exist');
    writeFileSync(join(home, 'file'), '');
    expect(await readConfigDocument(join(home, 'file', 'config.toml'))).to.include({
      state: 'unreadable',
    });
  });

  if (process.getuid?.() !== 0) {
    it('is unreadable when it may not be read', async () => {
      const path = join(temporaryHome(), 'config.toml');
      writeFileSync(path, '');
      chmodSync(path, 0);
      expect(await readConfigDocument(path))
        .to.have.property('reason')
        .that.contains('this user has no permission');
    });
  }

  it('follows a link', async () => {
    const home = temporaryHome();
    writeFileSync(join(home, 'real.toml'), '[sync]\nmode = "LOCAL_RETENTION"\n');
    symlinkSync('real.toml', join(home, 'config.toml'));
    expect(settingsOf(await readConfigDocument(join(home, 'config.toml'))).mode).to.equal(
      'LOCAL_RETENTION',
    );
  });

  it('gives no settings while it is unreadable', async () => {
    const document = await read('[sync');
    expect(() => settingsOf(document))
      .to.throw(ConfigUnreadableError)
      .with.property('exitCode', 6);
  });
});
