import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { editConfig } from '../../src/config/edit.js';
import { configInForce } from '../../src/config/in-force.js';
import { parseConfig } from '../../src/config/parse.js';
import type { SyncSettings } from '../../src/config/settings.js';
import { freeName, nameFault, nameFromAddress } from '../../src/config/target-name.js';
import { parseRate, TARGET_DEFAULTS } from '../../src/config/target-settings.js';
import { temporaryHome } from '../support/temporary-home.js';

const parsed = (toml: string) => parseConfig('config.toml', Buffer.from(toml));

function settings(toml: string): SyncSettings {
  const document = parsed(toml);
  if (document.state !== 'ok') throw new Error(JSON.stringify(document));
  return document.settings;
}

const fault = (lines: string, name = 'a'): string =>
  settings(`[sync.targets.${name}]\n${lines}`).targets.get(name.replaceAll('"', ''))?.fault ?? '';

const { ack, maxEvents, maxBytes, projects } = TARGET_DEFAULTS;

const json = (key: string, value: string, format = 'json') =>
  `url = "https://a.example"\nformat = "${format}"\n${key} = "${value.replaceAll('"', '\\"')}"`;

describe('the tables of targets', () => {
  it('give each key its setting', () => {
    const { targets } = settings(`
[redrain.targets.billing]
url = "https://hooks.example/in?key=\${HOOK_KEY}"
format = "cloudevents"
mode = "binary"
secret_env = "HOOK_SECRET"
auth_env = "HOOK_TOKEN"
headers = { X-Api-Key = "HOOK_KEY" }
types = ["Order*", "!OrderDraft*"]
projects = "allowed"
from = "2026-11-01T01:00:00+01:00"
ack = "status"
compression = "gzip"
max_events = 7
max_bytes = 2048
concurrency = 3
rate = "500/s"
client_cert = "/c.pem"
client_key = "/k.pem"
ca_file = "/ca.pem"
`);
    expect(targets.get('billing')).to.deep.equal({
      name: 'billing',
      place: 'redrain.targets.billing',
      url: `https://hooks.example/in?key=\${HOOK_KEY}`,
      settings: {
        format: 'cloudevents',
        mode: 'binary',
        secretEnv: ['HOOK_SECRET'],
        authEnv: 'HOOK_TOKEN',
        headers: { 'X-Api-Key': 'HOOK_KEY' },
        types: ['Order*', '!OrderDraft*'],
        projects: 'allowed',
        from: '2026-11-01T00:00:00.000Z',
        ack: 'status',
        compression: 'gzip',
        maxEvents: 7,
        maxBytes: 2048,
        concurrency: 3,
        rate: '500/s',
        clientCert: '/c.pem',
        clientKey: '/k.pem',
        caFile: '/ca.pem',
      },
      unsaid: new Set(),
      fault: undefined,
    });
  });

  it('write down the defaults that a target keeps', () => {
    const { targets } = settings('[sync.targets.a]\nurl = "https://a.example"\n');
    const kept = { ack, maxEvents, maxBytes, projects };
    expect(targets.get('a')?.settings).to.deep.equal(kept);
  });

  it('take times of TOML, and none without a zone', () => {
    const from = (value: string) =>
      settings(`[sync.targets.a]\nurl = "https://a.example"\nfrom = ${value}\n`).targets.get('a');
    expect(from('2026-11-01T00:00:00Z')?.settings.from).to.equal('2026-11-01T00:00:00.000Z');
    expect(from('2026-11-01')?.settings.from).to.equal('2026-11-01T00:00:00.000Z');
    expect(from('"now"')?.settings.from).to.equal('now');
    for (const value of ['2026-11-01T00:00:00', '"yesterday"', '7', '"2026-13-01"'])
      expect(from(value)?.fault, value).to.match(/^sync\.targets\.a\.from must be "all", "now" or/);
  });

  it('close only the target that is wrong, and say how', () => {
    const { targets } = settings(`
[sync.targets.good]
url = "https://a.example"
[sync.targets.bad]
url = "https://b.example"
concurrency = 0
`);
    expect(targets.get('good')?.fault).to.equal(undefined);
    expect(targets.get('bad')).to.deep.include({
      url: 'https://b.example',
      fault: 'sync.targets.bad.concurrency must be a whole number from 1 to 256, got 0.',
    });
  });

  for (const [lines, complaint] of [
    ['format = "batch"', 'sync.targets.a.url is missing.'],
    ['url = "https://a.example"\ntyp = ["A"]', /^sync\.targets\.a\.typ is not a key of a target/],
    ['url = "https://a.example"\nmode = "binary"', /mode belongs to the format cloudevents/],
    [
      'url = "https://a.example"\nbody = "{{events}}"',
      /\.body belongs to the format json: set format/,
    ],
    [
      'format = "batch"\nurl = "https://a.example"\nitem = "{{event}}"',
      /\.item belongs to .+json or lines/,
    ],
    [json('body', '{"batch":1}'), /\.body must have \{\{events\}\} exactly once, .+not at all/],
    [json('body', '[{{events}},{{events}}]'), /exactly once, .+ 2 times/],
    [json('body', '{"k":{{events}}'), /\.body must be JSON once it is filled in/],
    [json('body', '{"k":"{{events}}"}'), /\.body must be JSON once it is filled in/],
    [json('body', `{"k":{{events}},"n":\${N}}`), /variables within quotes/],
    [json('body', `{"k":"\${0}","e":{{events}}}`), /begins no variable: write \$\{NAME\}/],
    [json('item', '{"e":{{evnt}}}'), /\{\{evnt\}\}, .+ there is \{\{event\}\}, \{\{id\}\}/],
    [json('item', '{"e":{{event}}}\\n{}'), /\.item must be JSON once/],
    [json('item', '{"e":\\n{{event}}}', 'lines'), /\.item must be JSON on each of its lines/],
    [json('content_type', 'json'), /\.content_type must be a content type/],
    [`${json('content_type', 'a/b')}\nheaders = { content-Type = "T" }`, /same thing twice/],
    ['url = "https://a.example"\nclient_key = "/k"', /belong together/],
    ['url = "https://a.example"\ntypes = []', /types must have at least one type/],
    ['url = "https://a.example"\ntypes = ["!"]', /types\.0 must be a type or a pattern/],
    ['url = "https://a.example"\nrate = "fast"', /rate must be a number of events in a time/],
    ['url = "https://a.example"\nsecret_env = []', /secret_env must name at least one variable/],
  ] as const)
    it(`say what is wrong with ${JSON.stringify(lines)}`, () => {
      expect(fault(lines)).to.match(
        complaint instanceof RegExp ? complaint : new RegExp(complaint),
      );
    });

  it('never quote what may be a secret', () => {
    for (const key of [
      'url = [',
      'body = [',
      'item = [',
      'auth_env = [',
      'secret_env = [7, ',
      'headers = [',
    ])
      expect(fault(`url = "https://a.example"\n${key}"s3cret"]`.replace(/^url.*\nurl/, 'url')))
        .to.match(/^sync\.targets\.a\./)
        .and.not.include('s3cret');
  });

  for (const name of ['Billing', '-a', '7', 'a b', `a${'b'.repeat(64)}`])
    it(`refuse the name ${name}`, () => {
      expect(fault('url = "https://a.example"', JSON.stringify(name))).to.match(/ a name /);
    });
});

describe('[sync.external]', () => {
  it('is a declared target, named after its host', () => {
    const { targets, activeTarget } = settings(
      '[sync.external]\nendpoint = "https://Hooks.example:8443/in"\nack = "status"\n',
    );
    expect(activeTarget).to.equal('hooks.example-8443');
    expect(targets.get('hooks.example-8443')).to.deep.include({
      place: 'sync.external',
      url: 'https://Hooks.example:8443/in',
      unsaid: new Set(['maxEvents', 'maxBytes', 'projects']),
    });
  });

  for (const [line, key] of [
    ['types = ["Order*"]', 'types'],
    ['from = "now"', 'from'],
    ['format = "webhook"\nrate = "1/s"', 'format'],
  ] as const)
    it(`gets nothing while it has the key ${key}, which it cannot keep`, () => {
      const { targets } = settings(`[sync.external]\nendpoint = "https://h.example/in"\n${line}`);
      expect(targets.get('h.example')).to.include({ url: 'https://h.example/in' });
      expect(targets.get('h.example')?.fault)
        .to.include(`sync.external.${key}`)
        .and.include('[sync.targets."h.example"]');
    });

  it('gets a name that no other has, and is not active where another is', () => {
    const { targets, activeTarget } = settings(`
[sync]
target = "a.example"
[sync.external]
endpoint = "https://a.example"
[sync.targets."a.example"]
url = "https://b.example"
`);
    expect([...targets.keys()]).to.deep.equal(['a.example', 'a.example-2']);
    expect(activeTarget).to.equal('a.example');
  });
});

describe('names of targets', () => {
  it('come from the host of an address', () => {
    const names = {
      'https://Hooks.example/in?key=x': 'hooks.example',
      'http://127.0.0.1:8080/': '127.0.0.1-8080',
      'http://[::1]:80/': '1',
      'stub:': 'stub',
      'stub:b': 'stub-b',
      'module:./my-receiver.mjs': 'module-.-my-receiver.mjs',
    };
    for (const [address, name] of Object.entries(names)) {
      const given = nameFromAddress(address);
      expect(nameFault(given), given).to.equal(undefined);
      if (name !== '1') expect(given).to.equal(name);
    }
  });

  it('are numbered where they are taken', () => {
    const taken = new Set(['a', 'a-2']);
    expect(freeName('a', (name) => taken.has(name))).to.equal('a-3');
    expect(freeName('b', (name) => taken.has(name))).to.equal('b');
    const long = 'x'.repeat(64);
    expect(freeName(long, (name) => name === long)).to.equal(`${'x'.repeat(56)}-2`);
  });
});

describe('a rate', () => {
  it('is a number of events in a time', () => {
    expect(parseRate('500/s')).to.deep.equal({ events: 500, perMs: 1_000 });
    expect(parseRate('30/m')).to.deep.equal({ events: 30, perMs: 60_000 });
    expect(parseRate('0/s')).to.equal(undefined);
  });
});

describe('the tables [sync] and [redrain]', () => {
  const edited = async (text: string, path: readonly string[], value: string | undefined) => {
    const file = join(temporaryHome(), 'config.toml');
    writeFileSync(file, text);
    await editConfig(file, [{ path, value }]);
    return readFileSync(file, 'utf8');
  };

  it('are one', () => {
    const both = settings('[sync]\nmode = "OPT_OUT"\n[redrain.projects]\na = "allow"\n');
    expect(both.mode).to.equal('OPT_OUT');
    expect([...both.projectRules.byProject]).to.deep.equal([['a', true]]);
    expect(settings('[redrain]\nmode = "OPT_OUT"\n').mode).to.equal('OPT_OUT');
  });

  it('may not both set a key', () => {
    const document = parsed('[sync]\nmode = "OPT_OUT"\n[redrain]\nmode = "OPT_OUT"\n');
    expect(document.state === 'unreadable' && document.reason).to.equal(
      'config.toml is wrong: sync.mode and redrain.mode are both set: remove one of the two.',
    );
  });

  it('are each checked, and a fault is named where it stands', () => {
    const document = parsed('[redrain]\nmode = "SOMETIMES"\n');
    expect(document.state === 'unreadable' && document.reason).to.match(/ redrain\.mode must be/);
  });

  it('are shown where a key stands', () => {
    const rows = configInForce(
      parsed('[redrain]\nmode = "OPT_OUT"\n'),
      {},
      { usesSpecKitty: true },
    );
    expect(rows.find(({ key }) => key === 'redrain.mode')).to.include({ source: 'file' });
    expect(rows.find(({ key }) => key === 'sync.mode')).to.equal(undefined);
  });

  it('are written where the key is, else where the file has [sync], else in [redrain]', async () => {
    const mode = ['sync', 'mode'];
    expect(await edited('', mode, 'OPT_OUT')).to.equal('[redrain]\nmode = "discard"\n');
    expect(await edited('[sync]\nx = 1\n', mode, 'OPT_OUT')).to.equal(
      '[sync]\nx = 1\nmode = "OPT_OUT"\n',
    );
    const both = '[sync]\nx = 1\n[redrain]\nmode = "TEAMSPACE"\n';
    expect(await edited(both, mode, 'OPT_OUT')).to.equal(both.replace('TEAMSPACE', 'discard'));
    expect(await edited(both, mode, undefined)).to.equal('[sync]\nx = 1\n[redrain]\n');
    expect(await edited('', ['sync', 'server_url'], 'https://a.example')).to.match(/^\[sync\]/);
  });

  it('take no edit that makes a target wrong, and any other while one is', async () => {
    const wrong = '[sync.targets.a]\nurl = "https://a.example"\nrate = "fast"\n';
    expect(await edited(wrong, ['sync', 'mode'], 'OPT_OUT')).to.include('OPT_OUT');
    const url = '[sync.targets.a]\nurl = "https://a.example"\n';
    const error = await edited(url, ['sync', 'targets', 'a', 'rate'], 'fast').catch(
      (caught: Error) => caught,
    );
    expect(error).to.have.property('code', 'TARGET_SETTING_INVALID');
  });
});
