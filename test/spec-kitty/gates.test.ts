import { expect } from 'chai';
import { wholeText } from '../../src/base/advice.js';
import { saasEnabled, type TeamspaceGateFacts, teamspaceGate } from '../../src/spec-kitty/gates.js';

const SERVER = 'https://b.example';
const open: TeamspaceGateFacts = {
  env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' },
  config: { state: 'ok' },
  resolved: { resolved_server_url: SERVER },
  credentials: { state: 'found', teamSlug: 'blue', privateTeamspace: undefined },
  privateTeamspaceEvidence: undefined,
};
const broken = { state: 'unreadable', reason: 'line 3 is broken.' } as const;
const found = (more: object) =>
  ({ state: 'found', teamSlug: 'blue', privateTeamspace: undefined, ...more }) as const;

const reasonOf = (more: Partial<TeamspaceGateFacts>) => teamspaceGate({ ...open, ...more })?.reason;

describe('the SaaS switch', () => {
  for (const value of ['1', 'true', 'TRUE', ' yes ', 'On']) {
    it(`is on for ${JSON.stringify(value)}`, () =>
      expect(saasEnabled({ SPEC_KITTY_ENABLE_SAAS_SYNC: value })).to.equal(true));
  }
  for (const value of [undefined, '', '0', 'y', 'enabled', '2', 'off', 'true,']) {
    it(`is off for ${JSON.stringify(value)}`, () =>
      expect(saasEnabled({ SPEC_KITTY_ENABLE_SAAS_SYNC: value })).to.equal(false));
  }
});

describe('the gates of a Teamspace', () => {
  it('are open when nothing closes them', () => {
    expect(teamspaceGate(open)).to.equal(undefined);
  });

  it('close one by one, each with what to type next', () => {
    const cases: [string, Partial<TeamspaceGateFacts>, RegExp][] = [
      ['saas_disabled', { env: {} }, /SPEC_KITTY_ENABLE_SAAS_SYNC=1/],
      ['missing_auth', { credentials: undefined }, /redrain login https:\/\/b\.example/],
      [
        'missing_team',
        { credentials: found({ teamSlug: null }) },
        /redrain login.*SPEC_KITTY_TEAM/,
      ],
      [
        'private_teamspace_gate',
        { privateTeamspaceEvidence: false },
        /Private Teamspace.*redrain login/,
      ],
      [
        'config_unreadable',
        { config: broken, resolved: undefined },
        /line 3 is broken.*redrain now/,
      ],
      ['config_unreadable', { resolved: undefined }, /redrain server URL/],
    ];
    for (const [reason, facts, message] of cases) {
      const gate = teamspaceGate({ ...open, ...facts });
      expect(gate?.reason).to.equal(reason);
      expect(gate && wholeText(gate)).to.match(message);
    }
  });

  it('name the first of several in the order of the contract', () => {
    const everything = {
      env: {},
      config: broken,
      credentials: found({ teamSlug: '', privateTeamspace: false }),
    };
    const env = open.env;
    expect(reasonOf(everything)).to.equal('saas_disabled');
    expect(
      reasonOf({ ...everything, env, credentials: { state: 'absent', message: 'none' } }),
    ).to.equal('missing_auth');
    expect(reasonOf({ ...everything, env })).to.equal('missing_team');
    expect(
      reasonOf({ ...everything, env, credentials: found({ privateTeamspace: false }) }),
    ).to.equal('private_teamspace_gate');
    expect(reasonOf({ ...everything, env, credentials: open.credentials })).to.equal(
      'config_unreadable',
    );
  });

  it('say that the configuration is broken as well when the switch is off', () => {
    const gate = teamspaceGate({ ...open, env: {}, config: broken });
    expect(gate && wholeText(gate)).to.contain('line 3 is broken');
  });

  it('pass on what the credentials lookup had to say', () => {
    const credentials = { state: 'absent', message: 'only for a.example' } as const;
    expect(teamspaceGate({ ...open, credentials })?.message).to.equal('only for a.example');
  });

  it('close on evidence of a shared Teamspace only, the newest first', () => {
    expect(reasonOf({ credentials: found({ privateTeamspace: false }) })).to.equal(
      'private_teamspace_gate',
    );
    expect(reasonOf({ credentials: found({ privateTeamspace: true }) })).to.equal(undefined);
    expect(
      reasonOf({ credentials: found({ privateTeamspace: false }), privateTeamspaceEvidence: true }),
    ).to.equal(undefined);
  });

  it('treat an absent config.toml as a configuration', () => {
    expect(reasonOf({ config: { state: 'absent' } })).to.equal(undefined);
  });
});
