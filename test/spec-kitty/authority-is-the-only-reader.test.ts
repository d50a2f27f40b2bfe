import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect } from 'chai';
import { forbiddenReads } from './authority-readers.js';

/** The resolver, and the files that parse, describe or write the configuration for it. */
const ALLOWED = new Set([
  'src/spec-kitty/authority.ts',
  'src/config/settings.ts',
  'src/config/to-settings.ts',
  'src/config/keys.ts',
  'src/config/settings.ts',
  'src/config/edit.ts',
  'src/config/toml.ts',
  // Names faults of the key, and opens nothing.
  'src/app/config-keys.ts',
]);

const sources = (): string[] =>
  listing('src')
    .map((name) => join('src', name))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.split(sep).join('/'));

function listing(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

const PLANTED: readonly string[] = [
  'const url = env.SPEC_KITTY_SAAS_URL;',
  "const url = env['SPEC_KITTY_SAAS_URL'];",
  'const url = process.env?.["SPEC_KITTY_SAAS_URL"];',
  'const { SPEC_KITTY_SAAS_URL } = process.env;',
  'const { SPEC_KITTY_SAAS_URL: url } = process.env;',
  "const name = 'SPEC_KITTY_SAAS_URL';",
  'const mode = env.SPEC_KITTY_SAAS_URL_MODE;',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template
  'log(`sending to ${env.SPEC_KITTY_SAAS_URL}`);',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template
  'log(`sending to ${known ?? `${env.SPEC_KITTY_SAAS_URL}`}`);',
  'const quotes = /[`]/; const url = env.SPEC_KITTY_SAAS_URL; const more = /[`]/;',
  'const url = settings.configuredServerUrl;',
  'const { configuredServerUrl } = config.settings;',
  'const url = config.sync.server_url;',
  'const url = config.sync?.server_url ?? fallback;',
  "const url = document.raw['server_url'];",
  'const url = settings.serverUrl;',
  'const { server_url } = document.raw;',
  'const { server_url: url } = parsed.sync;',
  "await editConfig(path, [{ path: ['sync', 'server_url'], value }]);",
  "const url = given ?? 'https://spec-kitty-dev.fly.dev';",
  "import { parse } from 'smol-toml';",
  "const { parse } = await import('smol-toml');",
];

const INNOCENT: readonly string[] = [
  '// SPEC_KITTY_SAAS_URL wins, see settings.configuredServerUrl',
  '/** Reads config.sync.server_url\n * and env.SPEC_KITTY_SAAS_URL */',
  "const hint = 'unset SPEC_KITTY_SAAS_URL, or run redrain server URL';",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template
  'const hint = `set SPEC_KITTY_SAAS_URL to ${target.resolved_server_url}`;',
  'const row = { server_url: target.resolved_server_url };',
  'const url = target.resolved_server_url ?? target.configured_server_url;',
  'const { server_url } = daemonRecord;',
  'const same = owner.server_url === foreground.server_url;',
];

describe('the target authority', () => {
  it('is the only reader of the server’s address in the source tree', () => {
    const found = sources()
      .filter((path) => !ALLOWED.has(path))
      .flatMap((path) =>
        forbiddenReads(readFileSync(path, 'utf8')).map(
          ({ line, rule, text }) => `${path}:${line} ${rule}: ${text}`,
        ),
      );
    expect(found).to.deep.equal([]);
  });

  it('is looked for where it is', () => {
    expect(sources()).to.include('src/spec-kitty/authority.ts');
    const authority = forbiddenReads(readFileSync('src/spec-kitty/authority.ts', 'utf8'));
    expect(authority.map(({ rule }) => rule)).to.include.members([
      'reads SPEC_KITTY_SAAS_URL',
      'reads the configured server URL',
    ]);
  });

  it('allows no file that needs no allowance', () => {
    const idle = [...ALLOWED].filter(
      (path) => forbiddenReads(readFileSync(path, 'utf8')).length === 0,
    );
    expect(idle).to.deep.equal([]);
  });

  for (const planted of PLANTED) {
    it(`would be missed if this went unseen: ${planted}`, () => {
      const found = forbiddenReads(`import x from './x.js';\n\n${planted}\n`);
      expect(found.map(({ line }) => line)).to.include(3);
    });
  }

  for (const innocent of INNOCENT) {
    it(`is not disturbed by: ${innocent}`, () => {
      expect(forbiddenReads(innocent)).to.deep.equal([]);
    });
  }
});
