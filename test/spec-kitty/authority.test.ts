import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigUnreadableError } from '../../src/config/document.js';
import {
  assertNotSplit,
  overrideWarning,
  type ResolvedSyncTarget,
  resolveSyncTarget,
} from '../../src/spec-kitty/authority.js';
import { SplitBrainError } from '../../src/spec-kitty/authority-errors.js';
import { authorityFields, reportAuthority } from '../../src/spec-kitty/authority-report.js';
import { UnusableUrlError } from '../../src/targets/canonical-url.js';
import { configNaming, givenHome } from './given-authority.js';

const A = 'https://a.example';
const B = 'https://b.example';
const DEFAULT = 'https://spec-kitty-dev.fly.dev';
const nobody = { user: null, team: null };
const eva = { user: 'Eva@Example.com', team: 'Blue' };

interface Given {
  config?: string;
  env?: NodeJS.ProcessEnv;
  identity?: typeof nobody | typeof eva;
  processWideOverride?: boolean;
}

async function request({ config, env = {}, identity = nobody, processWideOverride }: Given) {
  const home = await givenHome(config === undefined ? {} : { 'config.toml': config });
  return { ...home, env, identity, processWideOverride };
}

const resolved = async (given: Given): Promise<Readonly<ResolvedSyncTarget>> =>
  resolveSyncTarget(await request(given));

describe('the resolved target', () => {
  const cases: [config: string | undefined, env: string | undefined, mode: string, url: string][] =
    [
      [A, undefined, 'none', A],
      [A, '  ', 'none', A],
      [A, A, 'none', A],
      [A, 'HTTPS://A.Example:443/', 'none', A],
      [A, B, 'process_override', B],
      [undefined, undefined, 'none', DEFAULT],
      [undefined, `${DEFAULT}/`, 'none', DEFAULT],
      [undefined, B, 'process_override', B],
      ['', undefined, 'none', DEFAULT],
    ];
  for (const [config, env, mode, url] of cases) {
    it(`of config ${config ?? 'silent'} and environment ${env ?? 'silent'} is ${url} (${mode})`, async () => {
      const target = await resolved({
        ...(config === undefined ? {} : { config: configNaming(config) }),
        env: { SPEC_KITTY_SAAS_URL: env },
      });
      expect(target).to.include({ override_mode: mode, resolved_server_url: url });
    });
  }

  it('has exactly the nine fields of the contract for reports, as JSON', async () => {
    const target = await resolved({ config: configNaming(`${A}/`), env: {}, identity: eva });
    const fields = authorityFields(target);
    expect(JSON.parse(JSON.stringify(fields))).to.deep.equal({
      configured_server_url: A,
      env_server_url: null,
      override_mode: 'none',
      resolved_server_url: A,
      user_id: 'Eva@Example.com',
      team_slug: 'Blue',
      derived_queue_scope: `${A}|eva@example.com|blue`,
      queue_db_path: fields.queue_db_path,
      active_queue_scope_status: 'absent',
    });
    expect(fields.queue_db_path).to.match(/queues.queue-[0-9a-f]{16}\.db$/);
  });

  it('cannot be changed', async () => {
    const target = await resolved({});
    expect(() => Object.assign(target, { resolved_server_url: B })).to.throw(TypeError);
  });

  it('says when nobody named a server', async () => {
    expect((await resolved({})).configured).to.equal(false);
    expect((await resolved({ config: configNaming(DEFAULT) })).configured).to.equal(true);
    expect((await resolved({ env: { SPEC_KITTY_SAAS_URL: DEFAULT } })).configured).to.equal(true);
  });

  it('carries every surface of the winning server', async () => {
    const target = await resolved({ config: configNaming(A), env: { SPEC_KITTY_SAAS_URL: B } });
    expect(target.batchUrl).to.equal(`${B}/api/v1/events/batch/`);
    expect(target.webSocketUrl).to.equal('wss://b.example/ws/v1/events/');
  });

  it('derives the old queue from the text as written, not from its canonical form', async () => {
    const target = await resolved({
      config: configNaming('https://Bücher.example:443/'),
      identity: eva,
    });
    expect(target.resolved_server_url).to.equal('https://xn--bcher-kva.example');
    expect(target.derived_queue_scope).to.equal(
      'https://b_u00fc_cher.example:443|eva@example.com|blue',
    );
  });

  it('scopes the very server it sends to when the environment wins', async () => {
    const target = await resolved({
      config: configNaming(A),
      env: { SPEC_KITTY_SAAS_URL: `${B}/` },
      identity: eva,
    });
    expect(target.derived_queue_scope).to.equal(`${B}|eva@example.com|blue`);
  });

  it('uses queue.db while nobody is known', async () => {
    const target = await resolved({
      config: configNaming(A),
      identity: { user: '', team: null } as never,
    });
    expect(target.queue_db_path).to.match(/[\\/]queue\.db$/);
    expect(target).to.include({ user_id: null, derived_queue_scope: `${A}||` });
  });

  it('reports the marker and never acts on it', async () => {
    const given = await request({ config: configNaming(A), identity: eva });
    writeFileSync(given.paths.activeScope, `${A}|eva@example.com|blue`);
    expect(resolveSyncTarget(given).active_queue_scope_status).to.equal('matches');
    writeFileSync(given.paths.activeScope, `${B}|ghost@example.com|old`);
    expect(resolveSyncTarget(given)).to.include({
      active_queue_scope_status: 'stale_non_authoritative',
      derived_queue_scope: `${A}|eva@example.com|blue`,
    });
  });

  it('does not exist while config.toml is unreadable', async () => {
    const given = await request({ config: '[sync', env: { SPEC_KITTY_SAAS_URL: B } });
    expect(() => resolveSyncTarget(given)).to.throw(ConfigUnreadableError, /Fix the file/);
    expect(reportAuthority(given).error).to.contain(join(given.paths.home, 'config.toml'));
  });

  it('names the source of an address that cannot be used', async () => {
    const inFile = await request({ config: configNaming('https://u:hidden@a.example') });
    expect(() => resolveSyncTarget(inFile)).to.throw(
      UnusableUrlError,
      /^config\.toml \[sync\]\.server_url = (?!.*hidden)/,
    );
    const inEnv = await request({
      config: configNaming(A),
      env: { SPEC_KITTY_SAAS_URL: 'b.example' },
    });
    expect(() => resolveSyncTarget(inEnv)).to.throw(
      UnusableUrlError,
      /^SPEC_KITTY_SAAS_URL = b\.example/,
    );
    expect(reportAuthority(inEnv)).to.have.all.keys('error');
    const stub = await request({ config: configNaming('stub:') });
    expect(() => resolveSyncTarget(stub)).to.throw(UnusableUrlError, /https:/);
  });
});

describe('two servers', () => {
  const both = { config: configNaming(A), env: { SPEC_KITTY_SAAS_URL: B } };

  it('are warned of in one line with both addresses when the environment wins', async () => {
    const warning = overrideWarning(await resolved(both)) ?? '';
    expect(warning).to.contain(A).and.contain(B).and.not.contain('\n');
    expect(overrideWarning(await resolved({ config: configNaming(A) }))).to.equal(undefined);
  });

  it('are warned of with the default when config.toml is silent', async () => {
    const warning = overrideWarning(await resolved({ env: { SPEC_KITTY_SAAS_URL: B } }));
    expect(warning).to.contain(B).and.contain(DEFAULT);
  });

  const setupOnly: [name: string, given: Given][] = [
    [
      'the environment says setup_only',
      { ...both, env: { ...both.env, SPEC_KITTY_SAAS_URL_MODE: ' Setup_Only ' } },
    ],
    ['the library says so', { ...both, processWideOverride: false }],
    [
      'the word is misspelt',
      { ...both, env: { ...both.env, SPEC_KITTY_SAAS_URL_MODE: 'setup-only' } },
    ],
  ];
  for (const [name, given] of setupOnly) {
    it(`are a split brain when ${name}`, async () => {
      const target = await resolved(given);
      expect(target).to.include({
        override_mode: 'setup_only',
        resolved_server_url: A,
        env_server_url: B,
      });
      expect(overrideWarning(target)).to.equal(undefined);
      const thrown = expect(() => assertNotSplit(target)).to.throw(
        SplitBrainError,
        /a\.example.*b\.example/,
      );
      thrown.with.property('exitCode', 4);
      thrown.with.property('advice').that.matches(/redrain server https:\/\/b\.example.*unset/);
    });
  }

  it('are a split brain also against the default', async () => {
    const target = await resolved({ env: { SPEC_KITTY_SAAS_URL: B }, processWideOverride: false });
    expect(() => assertNotSplit(target)).to.throw(
      SplitBrainError,
      /the default is https:\/\/spec-kitty-dev/,
    );
  });

  it('are none when they agree, whatever the mode', async () => {
    const env = { SPEC_KITTY_SAAS_URL: `${A}/`, SPEC_KITTY_SAAS_URL_MODE: 'setup_only' };
    const target = await resolved({ config: configNaming(A), env });
    expect(target.override_mode).to.equal('none');
    expect(() => assertNotSplit(target)).not.to.throw();
  });

  it('follow the library before the environment', async () => {
    const env = { ...both.env, SPEC_KITTY_SAAS_URL_MODE: 'setup_only' };
    expect((await resolved({ ...both, env, processWideOverride: true })).override_mode).to.equal(
      'process_override',
    );
  });

  it('leave status working, with the reason', async () => {
    const report = reportAuthority(await request({ ...both, processWideOverride: false }));
    expect(report).to.include({
      configured_server_url: A,
      env_server_url: B,
      override_mode: 'setup_only',
    });
    expect(report.error).to.contain(A).and.contain(B);
  });
});
