import { expect } from 'chai';
import { readSituation, type Situation } from '../../src/app/situation.js';
import { givenHome } from '../spec-kitty/given-authority.js';

const SWITCHED_ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };
const SIGNED_IN = { ...SWITCHED_ON, SPEC_KITTY_TOKEN: 't', SPEC_KITTY_TEAM: 'blue' };
const SERVER = '[sync]\nserver_url = "https://a.example"\n';
const EXTERNAL = '[sync]\nmode = "EXTERNAL_RECEIVER"\n';
const ENDPOINT = `${EXTERNAL}[sync.external]\nendpoint = "https://sink.example/in"\n`;

/** Every kind of configuration and environment, and what a process may know from them. */
const CASES: [
  what: string,
  config: string | undefined,
  env: NodeJS.ProcessEnv,
  expected: { gate: string | undefined; url: string | undefined; active: string },
][] = [
  [
    'a Teamspace with everything in place',
    SERVER,
    SIGNED_IN,
    { gate: undefined, url: 'https://a.example', active: 'target' },
  ],
  [
    'a Teamspace that is switched off',
    SERVER,
    { ...SIGNED_IN, SPEC_KITTY_ENABLE_SAAS_SYNC: '' },
    { gate: 'saas_disabled', url: 'https://a.example', active: 'target' },
  ],
  [
    'a Teamspace nobody is signed in at',
    SERVER,
    SWITCHED_ON,
    { gate: 'missing_auth', url: undefined, active: 'target' },
  ],
  [
    'a Teamspace whose login names no team',
    SERVER,
    { ...SWITCHED_ON, SPEC_KITTY_TOKEN: 't' },
    { gate: 'missing_team', url: undefined, active: 'target' },
  ],
  [
    'no configuration at all, with a token that names no server',
    undefined,
    SIGNED_IN,
    { gate: 'missing_auth', url: undefined, active: 'target' },
  ],
  [
    'a server named by the environment',
    undefined,
    { ...SIGNED_IN, SPEC_KITTY_SAAS_URL: 'https://B.example/' },
    { gate: undefined, url: 'https://b.example', active: 'target' },
  ],
  [
    'an invalid address',
    '[sync]\nserver_url = "not an address"\n',
    SIGNED_IN,
    { gate: 'config_unreadable', url: undefined, active: 'error' },
  ],
  [
    'an endpoint of the operator, with the Teamspace switched off',
    ENDPOINT,
    {},
    { gate: undefined, url: 'https://sink.example/in', active: 'target' },
  ],
  [
    'an external receiver without an endpoint',
    EXTERNAL,
    {},
    { gate: 'no_target', url: undefined, active: 'error' },
  ],
  [
    'local retention',
    '[sync]\nmode = "LOCAL_RETENTION"\n',
    SIGNED_IN,
    { gate: undefined, url: undefined, active: 'none' },
  ],
  [
    'opting out',
    '[sync]\nmode = "OPT_OUT"\n',
    SIGNED_IN,
    { gate: undefined, url: undefined, active: 'none' },
  ],
  [
    'a configuration that cannot be read',
    '[sync\n',
    {},
    { gate: 'config_unreadable', url: undefined, active: 'error' },
  ],
  [
    'a configuration with a wrong type in a key we use',
    '[sync]\nmode = 7\n',
    SIGNED_IN,
    { gate: 'config_unreadable', url: undefined, active: 'error' },
  ],
];

describe('the situation of a process', () => {
  for (const [what, config, env, expected] of CASES) {
    it(`is known for ${what}`, async () => {
      const situation = await givenSituation(config, env);
      expect(situation.gate?.reason).to.equal(expected.gate);
      expect(situation.description?.canonicalUrl).to.equal(expected.url);
      expect(situation.active.state).to.equal(expected.active);
    });
  }

  it('says in words what is closed and what to do', async () => {
    for (const [, config, env, expected] of CASES) {
      const { gate } = await givenSituation(config, env);
      if (expected.gate !== undefined) expect(gate?.message).to.match(/\S.{12,}/);
    }
  });

  it('never takes an unreadable configuration for defaults', async () => {
    const situation = await givenSituation('mode = [', SIGNED_IN);
    expect(situation.authority).to.equal(undefined);
    expect(situation.authorityError).to.contain('config.toml');
    expect(situation.description).to.equal(undefined);
  });

  it('tells a Teamspace target by the identity of its login', async () => {
    const env = { ...SIGNED_IN, SPEC_KITTY_USER: 'Ada@Example.com' };
    const { description } = await givenSituation(SERVER, env);
    expect(description).to.deep.include({
      kind: 'teamspace',
      teamSlug: 'blue',
      userEmail: 'ada@example.com',
    });
    expect(description?.settings.projects).to.equal('allowed');
  });

  it('tells an external target by its endpoint alone, whoever is signed in', async () => {
    const [nobody, somebody] = await Promise.all([
      givenSituation(ENDPOINT, {}),
      givenSituation(ENDPOINT, SIGNED_IN),
    ]);
    expect(nobody.description).to.deep.equal(somebody.description);
  });

  it('is a split-brain that is not decided here when the environment only sets up', async () => {
    const situation = await givenSituation(SERVER, {
      ...SIGNED_IN,
      SPEC_KITTY_SAAS_URL: 'https://b.example',
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
    });
    expect(situation.authority?.resolved.override_mode).to.equal('setup_only');
  });
});

async function givenSituation(
  config: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Situation> {
  const { paths } = await givenHome(config === undefined ? {} : { 'config.toml': config });
  return readSituation({ paths, env });
}
