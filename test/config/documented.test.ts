import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type ConfigDocument, ConfigUnreadableError } from '../../src/config/document.js';
import { CONFIG_KEYS } from '../../src/config/keys.js';
import { parseConfig } from '../../src/config/parse.js';
import { configSchema } from '../../src/config/schema.js';
import { targetSchema } from '../../src/config/target-table.js';
import { isTable, parseToml, type TomlTable } from '../../src/config/toml.js';
import { ownEntries, specKittyEntries } from '../../src/spec-kitty/credentials/formats.js';
import { sourceFiles } from '../architecture/source-imports.js';
import { codeBlocks, documentText, namesIn, rowsOf } from '../support/markdown.js';
import { schemaKeys } from './schema-keys.js';
import { type ComputedRead, variablesRead } from './variables-read.js';

const text = documentText('docs/configuration.md');
/** What only users of Spec Kitty need is in a page of its own. */
const theirs = documentText('docs/spec-kitty.md');
const both = `${text}\n${theirs}`;
/** `[redrain]` has the same ones. The tables of targets are checked one by one. */
const sharedKeys = schemaKeys(configSchema).filter((key) => key.startsWith('sync.'));
const targetKeys = schemaKeys(targetSchema, ['sync', 'targets', '*']);
const checkedKeys = sharedKeys.flatMap((key) => (key === 'sync.targets.*' ? targetKeys : [key]));

/** Spec Kitty's keys: shown, and not checked. */
const SHOWN_ONLY = ['sync.max_queue_size', 'sync.background_daemon'];

/** Reads whose variable the operator names, or that a table names which is compared as well. */
const COMPUTED: readonly ComputedRead[] = [
  { file: 'src/receivers/endpoint-kinds.ts', expression: 'authEnv' },
  { file: 'src/cli/receive.ts', expression: 'name' },
  { file: 'src/cli/serve.ts', expression: 'name' },
  { file: 'src/cli/target-show.ts', expression: 'name' },
  { file: 'src/cli/spec-kitty/login.ts', expression: 'variable' },
  { file: 'src/config/in-force.ts', expression: 'key.env' },
  { file: 'src/config/in-force.ts', expression: 'key.env.toLowerCase()' },
  { file: 'src/receivers/external/settings.ts', expression: 'variable' },
  // Any that begins with SPEC_KITTY_: each of them is in the table.
  { file: 'src/address/fill-address.ts', expression: 'name' },
  { file: 'src/spec-kitty/presence.ts', expression: 'name' },
  { file: 'src/receivers/transport/proxy-choice.ts', expression: 'variable' },
];

const parsed = (toml: string): ConfigDocument => parseConfig('config.toml', Buffer.from(toml));

/** A value that is wrong wherever anything is checked. */
const wrongAt = (key: string): string => `${key.replaceAll('*', 'Name')} = [[]]\n`;

describe('docs/configuration.md, the keys of config.toml', () => {
  // Of the two tables the page names the one that is redrain's alone.
  const keys = rowsOf(both, 'key')
    .map((row) => ({ ...row, names: row.names.map((name) => name.replace(/^redrain\./, 'sync.')) }))
    .filter(({ names }) => names[0]?.startsWith('sync.'));
  const rowOf = (key: string) => keys.find(({ names }) => names[0] === key)?.cells ?? [];

  it('has every key that is checked or shown, and no other', () => {
    expect(checkedKeys).to.include('sync.external.max_events').and.have.length.greaterThan(15);
    expect(keys.flatMap(({ names }) => names)).to.have.members([...checkedKeys, ...SHOWN_ONLY]);
  });

  it('so has `redrain config`', () => {
    const shown = CONFIG_KEYS.flatMap(({ key }) => key ?? []);
    expect(shown).to.have.members([...checkedKeys, ...SHOWN_ONLY]);
  });

  it('says of each its type, default, meaning, and what comes of a wrong value', () => {
    for (const { cells } of keys)
      for (const cell of [0, 1, 2, 3, 4]) expect(cells[cell], cells[0]).to.match(/\S/);
  });

  it('names the default that holds', () => {
    for (const { key, default: value } of CONFIG_KEYS)
      if (key !== null && value !== undefined)
        expect(namesIn(rowOf(key)[2] ?? ''), key).to.include(value);
  });

  it('calls a key unreadable exactly where a wrong value makes the file so', () => {
    for (const key of checkedKeys.filter((one) => !targetKeys.includes(one)))
      expect(parsed(wrongAt(key)).state, key).to.equal('unreadable');
    for (const key of SHOWN_ONLY) expect(parsed(wrongAt(key)).state, key).to.equal('ok');
  });

  it('says of a wrong key of a target that it closes that target, and no other', () => {
    const good = '[sync.targets.good]\nurl = "https://a.test"\n';
    for (const key of targetKeys) {
      const document = parsed(`${wrongAt(key.replace('*', 'bad'))}${good}`);
      const targets = document.state === 'ok' ? document.settings.targets : new Map();
      expect(targets.get('bad')?.fault, key).to.include(key.replace('*', 'bad').replace('.*', ''));
      expect(targets.get('good')?.fault, key).to.equal(undefined);
      expect(rowOf(key)[4], key).to.match(/^closed/);
    }
  });

  it('has an example of every key, and every example can be used', () => {
    const examples = codeBlocks(both, 'toml').filter((toml) => /^\[(sync|redrain)/m.test(toml));
    for (const toml of examples) expect(parsed(toml), toml).to.have.property('state', 'ok');
    const given = examples
      .flatMap((toml) => leavesOf(parseToml(toml)))
      .map(([, ...path]) => ['sync', ...path]);
    for (const key of [...checkedKeys, ...SHOWN_ONLY])
      expect(
        given.some((path) => matches(key, path)),
        key,
      ).to.equal(true);
  });

  it('shows the message of a wrong value as it is', () => {
    const path = '/home/ada/events/config.toml';
    const document = parseConfig(path, Buffer.from('[redrain]\nmode = "sometimes"\n'));
    const reason = document.state === 'unreadable' ? document.reason : '';
    expect(text).to.include(`\nerror: ${new ConfigUnreadableError(path, reason).message}\n`);
  });
});

describe('docs/configuration.md, the environment', () => {
  const files = [...sourceFiles('src', 'migrations'), 'ormconfig.ts'];
  const reads = files.map((file) => variablesRead(file, readFileSync(file, 'utf8')));
  const variables = rowsOf(both, 'variable');

  it('has every variable the source reads, and no other', () => {
    // Node's own are its own to document.
    const own = reads.flatMap(({ names }) => names.filter((name) => !name.startsWith('NODE_')));
    const read = new Set(own);
    expect([...read]).to.include.members(['REDRAIN_HOME', 'NO_COLOR', 'SPEC_KITTY_TOKEN']);
    expect(variables.flatMap(({ names }) => names[0] ?? [])).to.have.members([...read]);
  });

  it('has every variable that `redrain config` shows', () => {
    const shown = CONFIG_KEYS.flatMap(({ env }) => env ?? []);
    expect(variables.flatMap(({ names }) => names)).to.include.members(shown);
  });

  it('says of each what it takes, its default, its meaning, and what comes of a wrong value', () => {
    for (const { cells } of variables)
      for (const cell of [1, 2, 3, 4]) expect(cells[cell], cells[0]).to.match(/\S/);
  });

  it('misses nothing: no other read has a name that is only known when it runs', () => {
    expect(reads.flatMap(({ computed }) => computed)).to.have.deep.members([...COMPUTED]);
  });

  it('a planted read would be seen, however it is written', () => {
    for (const source of [
      'const a = process.env.PLANTED;',
      'use(app.env.PLANTED?.trim());',
      'const { OTHER, PLANTED: b } = process.env;',
      "use(this.env['PLANTED']);",
      "const NAME = 'PLANTED';\nuse(env[NAME]);",
      "use(either(env, 'planted'));",
    ])
      expect(variablesRead('src/x.ts', source).names, source).to.include('PLANTED');
    expect(variablesRead('src/x.ts', 'use(env[some()]);').computed).to.deep.equal([
      { file: 'src/x.ts', expression: 'some()' },
    ]);
    expect(variablesRead('src/x.ts', '/** `env.PLANTED` */').names).to.deep.equal([]);
  });
});

describe('docs/spec-kitty.md, the credentials', () => {
  const names = rowsOf(theirs, 'key').flatMap((row) => row.names);

  it('has every key of redrain’s own file, and its example can be used', () => {
    const seen = new Set<string>();
    ownEntries({ servers: { 'https://a.test': recording({}, 'servers.*.', seen) } }, 'file');
    expect(names.filter((name) => name.startsWith('servers.'))).to.have.members([...seen]);
    const example = codeBlocks(theirs, 'toml').find((toml) => toml.includes('[servers.')) ?? '';
    const [entry] = ownEntries(parseToml(example.replaceAll('…', 'token')), 'file').values();
    expect(entry).to.include({ username: 'ada@example.com', teamSlug: 'blue' });
    expect(entry?.token?.reveal()).to.equal('token');
    expect(entry?.refreshExpiresAt).to.be.a('number');
  });

  it('has every key of Spec Kitty’s', () => {
    const seen = new Set<string>();
    const tables = {
      server: recording({ url: 'https://a.test' }, 'server.', seen),
      tokens: recording({}, 'tokens.', seen),
      user: recording({}, 'user.', seen),
    };
    specKittyEntries(tables, 'file');
    const own = names.filter((name) => /^(server|tokens|user)\./.test(name));
    expect(own).to.have.members([...seen]);
  });
});

/** A table that remembers what was asked of it. */
function recording(values: Record<string, unknown>, prefix: string, seen: Set<string>): TomlTable {
  return new Proxy(values, {
    get(target, name) {
      seen.add(prefix + String(name));
      return Reflect.get(target, name);
    },
  });
}

/** Paths of all values that are no table. */
function leavesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (!isTable(value)) return [[...path]];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

/** `*` stands for one name, whatever is in it. */
function matches(key: string, path: readonly string[]): boolean {
  const parts = key.split('.');
  return parts.length === path.length && parts.every((part, i) => part === '*' || part === path[i]);
}
