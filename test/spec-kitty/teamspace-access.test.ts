import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import { readSituation } from '../../src/app/situation.js';
import { wholeText } from '../../src/base/advice.js';
import { Secret } from '../../src/config/secret.js';
import type { ClosedGate } from '../../src/dispatch/ports.js';
import { type TeamspaceAccess, teamspaceAccess } from '../../src/spec-kitty/teamspace-access.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import { openCore } from '../support/core.js';
import { givenHome } from './given-authority.js';

/** Tokens of two servers, as `redrain login` keeps them. */
const TWO_LOGINS = `
[servers."https://a.example"]
access = "token-of-a"
username = "ada@example.com"
team_slug = "blue"

[servers."https://b.example"]
access = "token-of-b"
username = "ada@example.com"
team_slug = "blue"
`;

const ON: NodeJS.ProcessEnv = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };

describe('access to a Teamspace target', () => {
  it('is with the token of its own server, whichever is the target now', async () => {
    for (const server of ['https://a.example', 'https://b.example']) {
      expect(await tokenOf(await givenAccess({ target: 'https://a.example', server }))).to.equal(
        'token-of-a',
      );
      expect(await tokenOf(await givenAccess({ target: 'https://b.example', server }))).to.equal(
        'token-of-b',
      );
    }
  });

  it('takes the token of the environment for the server in force alone', async () => {
    const env = { ...ON, SPEC_KITTY_TOKEN: 'token-of-env', SPEC_KITTY_TEAM: 'blue' };
    const server = 'https://a.example';
    expect(await tokenOf(await givenAccess({ target: server, server, env }))).to.equal(
      'token-of-env',
    );
    expect(await tokenOf(await givenAccess({ target: 'https://b.example', server, env }))).to.equal(
      'token-of-b',
    );
  });

  it('is open to the identity the target belongs to', async () => {
    expect(await gateOf(await givenAccess({}))).to.equal(undefined);
  });

  it('is closed while the switch is off', async () => {
    expect(await gateOf(await givenAccess({ env: {} }))).to.equal('saas_disabled');
  });

  it('is closed without a login, and has no token then', async () => {
    const access = await givenAccess({ logins: '' });
    expect(await gateOf(access)).to.equal('missing_auth');
    expect(await tokenOf(access)).to.equal(undefined);
  });

  it('is closed to another team and to another user at the same server', async () => {
    for (const owner of [{ teamSlug: 'red' }, { userEmail: 'eve@example.com' }]) {
      const gate = await (await givenAccess({ owner })).gate();
      expect(gate?.reason).to.equal('missing_auth');
      expect(gate?.advice).to.contain('redrain login https://a.example');
      expect(gate && wholeText(gate)).to.not.contain('token-of');
    }
  });

  it('takes users for the same whatever the case of their letters', async () => {
    const logins = TWO_LOGINS.replaceAll('ada@example.com', ' ADA@Example.COM ');
    expect(await gateOf(await givenAccess({ logins }))).to.equal(undefined);
  });

  it('is closed at a server that says that the team is not private', async () => {
    const logins = TWO_LOGINS.replaceAll('team_slug', 'private_teamspace = false\nteam_slug');
    expect(await gateOf(await givenAccess({ logins }))).to.equal('private_teamspace_gate');
  });
});

interface Given {
  readonly target?: string;
  /** The server that is configured now. */
  readonly server?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly logins?: string;
  /** Whose target it is, where not Ada's of team blue. */
  readonly owner?: Partial<Pick<TargetRecord, 'teamSlug' | 'userEmail'>>;
}

async function givenAccess(given: Given): Promise<TeamspaceAccess> {
  const { target = 'https://a.example', server = target, env = ON, logins = TWO_LOGINS } = given;
  const { paths } = await givenHome({
    'config.toml': `[sync]\nserver_url = "${server}"\n`,
    'redrain/credentials.toml': logins,
  });
  // An environment token comes with a team and without a user.
  const userEmail = env.SPEC_KITTY_TOKEN === undefined ? 'ada@example.com' : '';
  const core = await openCore();
  const record = await core.targets.ensure(
    {
      kind: 'teamspace',
      urlHash: target,
      canonicalUrl: target,
      rawEndpoint: new Address(target),
      teamSlug: 'blue',
      userEmail,
      settings: {},
      ...given.owner,
    },
    1,
  );
  return teamspaceAccess(record, await readSituation({ paths, env }), {
    askForTokens: () => Promise.reject(new Error('no server is asked here')),
    now: () => Date.UTC(2026, 0, 1),
  });
}

async function tokenOf(access: TeamspaceAccess): Promise<string | undefined> {
  const token: Secret | ClosedGate = await access.token();
  return token instanceof Secret ? token.reveal() : undefined;
}

async function gateOf(access: TeamspaceAccess): Promise<string | undefined> {
  return (await access.gate())?.reason;
}
