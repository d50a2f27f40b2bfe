import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parseToml } from '../../src/config/toml.js';
import type { ClosedGate } from '../../src/dispatch/ports.js';
import type { AskForTokens } from '../../src/spec-kitty/tokens/token-port.js';
import { expectHidden } from '../receivers/secrecy.js';
import { accessOf, shown } from './access-of.js';
import { at, type GivenLogin, givenLogin, MINUTE_MS, ownFile } from './given-login.js';
import { TokenServer, type TokenServerOptions } from './token-server.js';

const GOOD: TokenServerOptions = { access: 'old-access', refresh: 'old-refresh' };

async function given(
  kind: 'own' | 'kitty' = 'own',
  login: Partial<GivenLogin> = {},
  options: TokenServerOptions = {},
) {
  const server = await TokenServer.start({ ...GOOD, ...options });
  const home = givenLogin(kind, { url: server.url, ...login });
  const access = await accessOf(home.app);
  return { server, access, ...home, before: home.text(), login: `redrain login ${server.url}` };
}

const gate = (answer: string | ClosedGate): ClosedGate => answer as ClosedGate;

describe('an access token', () => {
  it('is used as it is while it has more than a minute left', async () => {
    const { access, server, text, before } = await given('own', { accessEnds: 1.01 });
    expect(shown(await access.token())).to.equal('old-access');
    expect(server.seen).to.deep.equal([]);
    expect(text()).to.equal(before);
  });

  it('is used as it is while nobody knows when it ends', async () => {
    const { access, server, file, before } = await given();
    writeFileSync(file, before.replace(/^access_expires_at.*\n/m, ''));
    expect(shown(await access.token())).to.equal('old-access');
    expect(server.seen).to.deep.equal([]);
  });

  for (const accessEnds of [1, 0.5, 0, -10_000])
    it(`is renewed first with ${accessEnds} minutes left`, async () => {
      const { access, server } = await given('own', { accessEnds });
      expect(shown(await access.token())).to.equal('marker-access-1');
      expect(server.refreshes).to.deep.include.members([
        {
          path: '/api/v1/token/refresh/',
          authorization: undefined,
          body: { refresh: 'old-refresh' },
        },
      ]);
      expect(shown(await access.token())).to.equal('marker-access-1');
      expect(server.seen).to.have.length(1);
    });

  it('is renewed again when the renewed one ends in its turn', async () => {
    const { access, server, clock } = await given();
    await access.token();
    clock.now += 14 * MINUTE_MS;
    expect(shown(await access.token())).to.equal('marker-access-2');
    expect(server.refreshes.map(({ body }) => body.refresh)).to.deep.equal([
      'old-refresh',
      'marker-refresh-1',
    ]);
  });

  for (const [name, login] of [
    ['there is no refresh token', {}],
    ['the refresh token has expired', { refreshEnds: 0 }],
  ] as const)
    it(`that is over says how to log in when ${name}, and nothing is sent`, async () => {
      const { access, server, file, before, text, login: command } = await given('own', login);
      if (!('refreshEnds' in login)) writeFileSync(file, before.replace(/^refresh = '.*\n/m, ''));
      const left = text();
      const answer = gate(shown(await access.token()));
      expect(answer.reason).to.equal('missing_auth');
      expect(answer.message).to.match(/refresh token/);
      expect(answer.advice).to.contain(command);
      expect(gate((await access.gate()) as ClosedGate)).to.include({ reason: 'missing_auth' });
      expect(server.seen).to.deep.equal([]);
      expect(text()).to.equal(left);
    });

  it('that is about to end is still used when it cannot be renewed', async () => {
    const { access, clock } = await given('own', { accessEnds: 0.5, refreshEnds: -1 });
    expect(shown(await access.token())).to.equal('old-access');
    expect(await access.gate()).to.equal(undefined);
    clock.now += MINUTE_MS;
    expect((await access.gate())?.message).to.match(/has expired.*refresh token expired/);
  });

  it('leaves the gate open while it can be renewed', async () => {
    const { access } = await given('own', { accessEnds: -5 });
    expect(await access.gate()).to.equal(undefined);
  });
});

describe('renewing', () => {
  it('rewrites two keys and two times of our own file and keeps every other byte', async () => {
    const { access, text, before, mode } = await given('own', { mode: 0o640 });
    await access.token();
    expect(text()).to.equal(
      before
        .replace('"old-access"', '"marker-access-1"')
        .replace("'old-refresh'", '"marker-refresh-1"')
        .replace(at(0), at(15))
        .replace(at(60), at(7 * 24 * 60)),
    );
    expect(mode()).to.equal(0o640);
  });

  it('rewrites Spec Kitty’s file in its own spelling', async () => {
    const { access, text, before, mode } = await given('kitty', { mode: 0o600 });
    await access.token();
    expect(text()).to.equal(
      before
        .replace('"old-access"', '"marker-access-1"')
        .replace('"old-refresh"', '"marker-refresh-1"')
        .replace(at(0).slice(0, -1), at(15).slice(0, -1))
        .replace(at(60).slice(0, -1), at(7 * 24 * 60).slice(0, -1)),
    );
    expect(mode()).to.equal(0o600);
  });

  it('leaves nothing beside the file', async () => {
    const { access, home } = await given('kitty');
    await access.token();
    expect(readdirSync(home).sort()).to.deep.equal([
      'config.toml',
      'credentials',
      'credentials.lock',
      'redrain',
    ]);
    expect(statSync(join(home, 'credentials.lock')).mode & 0o777).to.equal(0o600);
  });

  it('finds the entry under another spelling of its server', async () => {
    const { access, file, before, text, server } = await given();
    writeFileSync(file, before.replace(server.url, `${server.url}/kitty/`));
    expect(shown(await access.token())).to.equal('marker-access-1');
    expect(text()).to.contain('marker-refresh-1').and.not.contain('old-refresh');
  });

  it('counts lifetimes from what the server says', async () => {
    const grant = { access_lifetime: 120, refresh_lifetime: '600' };
    const { access, text, server } = await given('own', {}, { grant });
    await access.token();
    const { servers } = parseToml(text()) as { servers: Record<string, Record<string, unknown>> };
    expect(servers[server.url]).to.include({
      access_expires_at: at(2),
      refresh_expires_at: at(10),
    });
  });

  for (const odd of [null, 0, -1, 'soon', true, [], {}, 1e300])
    it(`takes ${JSON.stringify(odd)} for no lifetime`, async () => {
      const grant = { access_lifetime: odd, refresh_lifetime: odd };
      const { access, text } = await given('own', {}, { grant });
      await access.token();
      expect(text())
        .to.contain(`"${at(15)}"`)
        .and.contain(`"${at(7 * 24 * 60)}"`);
    });

  it('keeps the refresh token when the server gives no other', async () => {
    const { access, text, before } = await given('own', {}, { grant: { refresh: undefined } });
    await access.token();
    expect(text()).to.equal(
      before.replace('"old-access"', '"marker-access-1"').replace(at(0), at(15)),
    );
  });

  it('that is refused leaves the file as it was and says how to log in', async () => {
    const { access, text, before, login, mode } = await given(
      'own',
      { mode: 0o640 },
      { refresh: 'x' },
    );
    const answer = gate(shown(await access.token()));
    expect(answer.reason).to.equal('missing_auth');
    expect(answer.message).to.match(/refused.*401/);
    expect(answer.advice).to.contain(login);
    expectHidden(answer, 'old-refresh');
    expect(text()).to.equal(before);
    expect(mode()).to.equal(0o640);
  });

  const troubles: [name: string, answer: [number, unknown], words: RegExp][] = [
    ['a broken server', [500, { error: 'out of order' }], /500.*out of order/],
    ['a busy server', [429, {}], /429/],
    ['a missing endpoint', [404, {}], /404/],
    ['a redirect', [307, {}], /307.*not followed/],
    ['no access token', [200, { refresh: 'marker' }], /without a usable access token/],
    ['an access token of another type', [200, { access: { marker: 1 } }], /without a usable/],
    ['an access token no header carries', [200, { access: 'marker token' }], /without a usable/],
    ['no object', [200, ['marker']], /without a usable/],
  ];
  for (const [name, answer, words] of troubles)
    it(`that meets ${name} leaves the file as it was`, async () => {
      const { access, text, before, server } = await given(
        'own',
        {},
        { answerTokens: () => answer },
      );
      const closed = gate(shown(await access.token()));
      expect(closed.reason).to.equal('network_unavailable');
      expect(closed.message).to.match(words);
      expectHidden(closed, 'marker');
      expect(text()).to.equal(before);
      expect(server.seen).to.have.length(1);
    });

  it('that meets nobody says so', async () => {
    const { app, text, before } = await given();
    const asks: AskForTokens = async () => ({ kind: 'failed', reason: 'connection refused' });
    const closed = gate(shown(await (await accessOf(app, asks)).token()));
    expect(closed.reason).to.equal('network_unavailable');
    expect(closed.message).to.match(/could not be renewed: connection refused/);
    expect(text()).to.equal(before);
  });

  if (process.getuid?.() !== 0)
    it('spends no refresh token where the new one could not be kept', async () => {
      const { access, server, file, before, text } = await given();
      chmodSync(dirname(file), 0o500);
      const closed = gate(shown(await access.token()));
      chmodSync(dirname(file), 0o700);
      expect(closed.message).to.match(/cannot be rewritten: .*no permission/);
      expect(server.seen).to.deep.equal([]);
      expect(text()).to.equal(before);
    });

  it('never overwrites a login that was made meanwhile', async () => {
    const { app, file, server, text } = await given();
    const newer = ownFile({ url: server.url, accessEnds: 10 }).replaceAll('old-', 'newer-');
    const asks: AskForTokens = async () => {
      writeFileSync(file, newer);
      return granted('late-access');
    };
    expect(shown(await (await accessOf(app, asks)).token())).to.equal('newer-access');
    expect(text()).to.equal(newer);
  });

  it('never brings a login back that was removed meanwhile', async () => {
    const { app, file } = await given();
    const asks: AskForTokens = async () => {
      rmSync(file);
      return granted('late-access');
    };
    const closed = gate(shown(await (await accessOf(app, asks)).token()));
    expect(closed).to.include({ reason: 'missing_auth' });
    expect(() => statSync(file)).to.throw('ENOENT');
  });

  it('uses what Spec Kitty renewed in the meantime', async () => {
    const { app, file, text } = await given('kitty');
    const asks: AskForTokens = async () => {
      const newer = text().replaceAll('old-', 'newer-').replace(at(0).slice(0, -1), at(15));
      writeFileSync(file, newer);
      return { kind: 'refused', reason: 'HTTP 401 spent' };
    };
    expect(shown(await (await accessOf(app, asks)).token())).to.equal('newer-access');
  });
});

describe('a token that the server refused', () => {
  it('is renewed although it has time left', async () => {
    const { access, server } = await given('own', { accessEnds: 10 });
    expect(shown(await access.token())).to.equal('old-access');
    expect(shown(await access.renewedToken())).to.equal('marker-access-1');
    expect(server.refreshes).to.have.length(1);
  });

  it('is not renewed when another process has done so', async () => {
    const { access, server, file, before } = await given('own', { accessEnds: 10 });
    await access.token();
    writeFileSync(file, before.replace('old-access', 'newer-access'));
    expect(shown(await access.renewedToken())).to.equal('newer-access');
    expect(server.seen).to.deep.equal([]);
  });

  it('of the environment cannot be renewed', async () => {
    const server = await TokenServer.start(GOOD);
    const env = { SPEC_KITTY_TOKEN: 'env-token', SPEC_KITTY_TEAM: 'blue' };
    const { app, text } = givenLogin('own', { url: server.url }, env);
    const before = text();
    const access = await accessOf(app);
    expect(shown(await access.token())).to.equal('env-token');
    const closed = gate(shown(await access.renewedToken()));
    expect(closed.reason).to.equal('missing_auth');
    expect(closed.message).to.match(/SPEC_KITTY_TOKEN.*cannot be renewed/);
    expectHidden(closed, 'env-token');
    expect(server.seen).to.deep.equal([]);
    expect(text()).to.equal(before);
  });
});

describe('a login', () => {
  it('that is gone says how to log in', async () => {
    const { access, file, login } = await given();
    rmSync(file);
    for (const answer of [await access.token(), await access.renewedToken()])
      expect(gate(shown(answer)).advice).to.contain(login);
  });

  it('of one server is not renewed at, or for, another', async () => {
    const [a, b] = [await TokenServer.start(GOOD), await TokenServer.start(GOOD)];
    const { app, home, text } = givenLogin('own', { url: a.url });
    const access = await accessOf(app);
    mkdirSync(join(home, 'redrain'), { recursive: true });
    writeFileSync(
      join(home, 'credentials'),
      `[tokens]\naccess = "b"\n[server]\nurl = ${JSON.stringify(b.url)}\n`,
    );
    expect(shown(await access.token())).to.equal('marker-access-1');
    expect(b.seen).to.deep.equal([]);
    expect(text()).to.contain('other-refresh');
  });
});

const granted = (access: string): ReturnType<AskForTokens> =>
  import('../../src/config/secret.js').then(({ Secret }) => ({
    kind: 'granted',
    grant: {
      access: new Secret(access),
      refresh: new Secret(`${access}-refresh`),
      accessLifetimeMs: 900_000,
      refreshLifetimeMs: 900_000,
      teamSlug: null,
    },
  }));
