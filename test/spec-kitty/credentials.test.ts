import { chmodSync, mkdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { wholeText } from '../../src/base/advice.js';
import {
  type CredentialLookup,
  identityOf,
  lookupCredentials,
} from '../../src/spec-kitty/credentials/lookup.js';
import { openAuthority } from '../../src/spec-kitty/open-authority.js';
import { configNaming, givenHome } from './given-authority.js';

const A = 'https://a.example';
const B = 'https://b.example';

const specKitty = (url: string, token = 'kitty-token') => `
[tokens]
access = "${token}"
refresh = "kitty-refresh"
access_expires_at = "2026-02-12T10:15:00"
refresh_expires_at = 2026-02-19T10:00:00Z
[user]
username = "eva@example.com"
team_slug = "blue"
[server]
url = "${url}"
`;

const own = (url: string, more = '') => `
[servers."${url}"]
access = "own-token"
username = "ada@example.com"
team_slug = "red"
private_teamspace = false
${more}`;

interface Given {
  own?: string;
  kitty?: string | Uint8Array;
  env?: NodeJS.ProcessEnv;
  url?: string;
  named?: boolean;
}

async function lookup({
  own: mine,
  kitty,
  env = {},
  url = A,
  named = true,
}: Given): Promise<CredentialLookup> {
  const { paths } = await givenHome({
    ...(mine === undefined ? {} : { 'redrain/credentials.toml': mine }),
    ...(kitty === undefined ? {} : { credentials: kitty }),
  });
  return lookupCredentials({ paths, env, server: { url, takesEnvironmentToken: named } });
}

const tokenOf = (found: CredentialLookup) =>
  found.state === 'found' ? found.token.reveal() : undefined;
const messageOf = (found: CredentialLookup) => (found.state === 'absent' ? wholeText(found) : '');

describe('credentials', () => {
  const env = {
    SPEC_KITTY_TOKEN: ' env-token\n',
    SPEC_KITTY_TEAM: 'green',
    SPEC_KITTY_USER: 'Env@Example.com',
  };
  const everywhere = { own: own(A), kitty: specKitty(A) };

  it('are looked up in the environment, then in our file, then in Spec Kitty’s', async () => {
    expect(tokenOf(await lookup({ ...everywhere, env }))).to.equal('env-token');
    expect(tokenOf(await lookup(everywhere))).to.equal('own-token');
    expect(tokenOf(await lookup({ kitty: specKitty(A) }))).to.equal('kitty-token');
  });

  it('of the environment name team and user, and where they came from', async () => {
    const found = await lookup({ env });
    expect(found).to.deep.include({
      state: 'found',
      teamSlug: 'green',
      username: 'Env@Example.com',
      source: { kind: 'environment', variable: 'SPEC_KITTY_TOKEN' },
    });
    expect(identityOf(found)).to.deep.equal({ user: 'Env@Example.com', team: 'green' });
  });

  it('of the environment are for the named server alone', async () => {
    expect((await lookup({ env, named: false })).state).to.equal('absent');
  });

  it('of Spec Kitty come with expiry, team and user', async () => {
    expect(await lookup({ kitty: specKitty(`${A}:443/`) })).to.deep.include({
      expiresAt: Date.UTC(2026, 1, 12, 10, 15),
      refreshExpiresAt: Date.UTC(2026, 1, 19, 10),
      username: 'eva@example.com',
      teamSlug: 'blue',
      privateTeamspace: undefined,
    });
  });

  it('of our own carry the evidence on the Teamspace', async () => {
    expect(await lookup({ own: own(A) })).to.include({ privateTeamspace: false, teamSlug: 'red' });
  });

  it('belong to an origin: another path is the same server, another port is not', async () => {
    expect((await lookup({ own: own(`${A}/kitty`), url: `${A}/other` })).state).to.equal('found');
    expect((await lookup({ own: own(`${A}:8443`) })).state).to.equal('absent');
    expect((await lookup({ own: own('http://a.example') })).state).to.equal('absent');
  });

  it('of another server are never returned; the message names both', async () => {
    const absent = await lookup({ own: own('https://c.example'), kitty: specKitty(B) });
    expect(absent).to.deep.include({ state: 'absent', otherServers: ['https://c.example', B] });
    expect(messageOf(absent)).to.contain(A).and.contain(B).and.contain(`redrain login ${A}`);
  });

  it('that are missing say how to log in', async () => {
    const absent = await lookup({});
    expect(absent).to.deep.include({ state: 'absent', otherServers: [], username: null });
    expect(messageOf(absent)).to.equal(
      `There are no credentials for ${A}. Run \`redrain login ${A}\`.`,
    );
  });

  it('without a token still say who was signed in', async () => {
    const absent = await lookup({ kitty: specKitty(A, '') });
    expect(absent).to.include({ state: 'absent', username: 'eva@example.com', teamSlug: 'blue' });
    expect(messageOf(absent)).to.contain('hold no access token');
  });

  const broken: [name: string, given: Given, complaint: RegExp][] = [
    ['broken', { kitty: 'access = "hidden-token' }, /credentials cannot be used: line 1/],
    ['no UTF-8', { kitty: Buffer.from([0x78, 0x3d, 0xff]) }, /not UTF-8/],
    ['of other types', { kitty: '[tokens]\naccess = 5\n[server]\nurl = 7\n' }, /no credentials/],
    ['a list', { own: 'servers = ["hidden-token"]' }, /no credentials/],
    ['for an unusable server', { own: own('nowhere') }, /no credentials/],
    [
      'with a token no header carries',
      { own: own(A).replace('own-token', 'hidden\\n-token') },
      /no access token/,
    ],
    [
      'an environment token with blanks',
      { env: { SPEC_KITTY_TOKEN: 'hidden token' } },
      /SPEC_KITTY_TOKEN holds characters/,
    ],
  ];
  for (const [name, given, complaint] of broken) {
    it(`that are ${name} are absent, with the reason and no secret`, async () => {
      const absent = await lookup(given);
      expect(absent.state).to.equal('absent');
      expect(messageOf(absent)).to.match(complaint).and.not.contain('hidden');
    });
  }

  it('in an unreadable file are absent, with the reason', async () => {
    const { paths } = await givenHome();
    mkdirSync(paths.credentials);
    const server = { url: A, takesEnvironmentToken: true };
    expect(messageOf(await lookupCredentials({ paths, env: {}, server }))).to.contain(
      'it is a directory',
    );
  });

  if (process.getuid?.() !== 0) {
    it('in a forbidden file are absent, with the reason', async () => {
      const { paths } = await givenHome({ credentials: specKitty(A) });
      chmodSync(paths.credentials, 0);
      const server = { url: A, takesEnvironmentToken: true };
      expect(messageOf(await lookupCredentials({ paths, env: {}, server }))).to.contain(
        'no permission',
      );
    });
  }

  it('need no home', async () => {
    const { paths } = await givenHome();
    const nowhere = {
      ...paths,
      credentials: `${paths.config}/x/credentials`,
      ownCredentials: `${paths.home}/n/o`,
    };
    const server = { url: A, takesEnvironmentToken: false };
    expect((await lookupCredentials({ paths: nowhere, env: {}, server })).state).to.equal('absent');
  });

  it('never print their token', async () => {
    const found = await lookup({ kitty: specKitty(A) });
    for (const text of [
      JSON.stringify(found),
      inspect(found, { depth: 9, showHidden: true }),
      `${Object.values(found)}`,
    ]) {
      expect(text)
        .to.contain('[secret]')
        .and.not.contain('kitty-token')
        .and.not.contain('kitty-refresh');
    }
  });
});

describe('the open authority', () => {
  it('takes its identity from the credentials of its own server', async () => {
    const home = await givenHome({ 'config.toml': configNaming(A), credentials: specKitty(A) });
    const { resolved, credentials } = await openAuthority({ ...home, env: {} });
    expect(credentials.state).to.equal('found');
    expect(resolved).to.include({ user_id: 'eva@example.com', team_slug: 'blue' });
  });

  it('takes no identity from another server', async () => {
    const home = await givenHome({ 'config.toml': configNaming(A), credentials: specKitty(A) });
    const { resolved, credentials } = await openAuthority({
      ...home,
      env: { SPEC_KITTY_SAAS_URL: B },
    });
    expect(resolved).to.include({ resolved_server_url: B, user_id: null, team_slug: null });
    expect(credentials).to.deep.include({ state: 'absent', otherServers: [A] });
  });

  it('never gives SPEC_KITTY_TOKEN to the default server', async () => {
    const home = await givenHome();
    const env = { SPEC_KITTY_TOKEN: 't', SPEC_KITTY_TEAM: 'x' };
    expect((await openAuthority({ ...home, env })).credentials.state).to.equal('absent');
  });
});
