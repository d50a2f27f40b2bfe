import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import { destinationOf } from '../../src/app/kinds.js';
import { settingsOf } from '../../src/config/document.js';
import { resolveHome } from '../../src/config/home.js';
import { parseConfig } from '../../src/config/parse.js';
import { DEFAULT_SETTINGS, type SyncSettings } from '../../src/config/settings.js';
import type { Mode } from '../../src/policy/mode.js';
import type { OpenAuthority } from '../../src/spec-kitty/open-authority.js';
import { teamspaceIdentity } from '../../src/spec-kitty/teamspace-kind.js';
import type { ActiveTarget } from '../../src/targets/active-target.js';
import { urlHash } from '../../src/targets/canonical-url.js';
import { externalIdentity } from '../../src/targets/identity.js';

const server = {
  server: new Address('https://a.example'),
  team_slug: 'Blue',
  user_id: ' Eva@Example.COM ',
};
const external = { endpoint: ' https://Sink.example/In/ ' };

/** What a file with this `[sync.external]` declares. */
function declaring({ endpoint }: { readonly endpoint: string | undefined }): SyncSettings {
  const line = endpoint === undefined ? '' : `endpoint = ${JSON.stringify(endpoint)}\n`;
  const rest = 'headers = { X-Key = "SINK_KEY" }\nauth_env = "SINK_TOKEN"\n';
  return settingsOf(parseConfig('config.toml', Buffer.from(`[sync.external]\n${line}${rest}`)));
}

/** Of a home with this mode and this endpoint, at this server. */
function activeTarget(
  mode: Mode,
  resolved: typeof server | undefined,
  endpoint: { readonly endpoint: string | undefined },
): ActiveTarget {
  const { targets, activeTarget: active } = declaring(endpoint);
  const settings = { ...DEFAULT_SETTINGS, mode, targets, activeTarget: active };
  const config = { state: 'absent', path: 'config.toml', settings } as const;
  const authority = resolved && ({ resolved } as unknown as OpenAuthority);
  const paths = resolveHome({ home: '/nowhere', env: {} });
  const login = { authority, authorityError: undefined };
  return destinationOf({ paths, env: {}, config, settings, usesSpecKitty: true, ...login }).active;
}

describe('the identity of a target', () => {
  it('is server, team and user for a Teamspace, the user folded', () => {
    expect(teamspaceIdentity(server)).to.deep.equal({
      kind: 'teamspace',
      canonicalUrl: 'https://a.example',
      urlHash: urlHash('https://a.example'),
      teamSlug: 'Blue',
      userEmail: 'eva@example.com',
      rawEndpoint: new Address('https://a.example'),
    });
  });

  it('has empty team and user while they are unknown', () => {
    expect(teamspaceIdentity({ ...server, team_slug: null, user_id: null })).to.include({
      teamSlug: '',
      userEmail: '',
    });
  });

  it('of an external endpoint is the same for everybody', () => {
    const identity = externalIdentity(external.endpoint);
    expect(identity).to.include({
      kind: 'external',
      canonicalUrl: 'https://sink.example/In',
      userEmail: '(anonymous)',
    });
    expect(identity.rawEndpoint.reveal()).to.equal('https://Sink.example/In/');
    expect(externalIdentity('https://SINK.example:443/In').urlHash).to.equal(identity.urlHash);
  });

  it('never confuses an external endpoint with a Teamspace at the same address', () => {
    const hosted = teamspaceIdentity({ ...server, team_slug: null, user_id: null });
    const outside = externalIdentity('https://a.example');
    expect(outside.urlHash).to.equal(hosted.urlHash);
    expect([outside.teamSlug, outside.userEmail]).to.not.deep.equal([
      hosted.teamSlug,
      hosted.userEmail,
    ]);
  });

  it('of stub: is the stub', () => {
    expect(externalIdentity('stub:')).to.include({
      kind: 'stub',
      canonicalUrl: 'stub:',
    });
    expect(externalIdentity('stub:two').urlHash).to.not.equal(externalIdentity('stub:').urlHash);
  });
});

describe('the active target', () => {
  it('of TEAMSPACE is the server, for allowed projects only', () => {
    const active = activeTarget('TEAMSPACE', server, external);
    expect(active).to.deep.include({ identity: teamspaceIdentity(server) });
    expect(active).to.have.nested.property('settings.projects', 'allowed');
    expect(active).not.to.have.nested.property('settings.authEnv');
  });

  it('of TEAMSPACE is an error without a server', () => {
    expect(activeTarget('TEAMSPACE', undefined, external))
      .to.have.property('advice')
      .that.contains('redrain server');
  });

  it('of EXTERNAL_RECEIVER is the endpoint with its settings, server or not', () => {
    for (const resolved of [server, undefined]) {
      expect(activeTarget('EXTERNAL_RECEIVER', resolved, external)).to.deep.equal({
        state: 'target',
        identity: externalIdentity(external.endpoint),
        settings: {
          authEnv: 'SINK_TOKEN',
          headers: { 'X-Key': 'SINK_KEY' },
          ack: 'auto',
          maxEvents: 1000,
          maxBytes: 524_288,
          projects: 'all',
        },
        unsaid: ['ack', 'maxEvents', 'maxBytes', 'projects'],
      });
    }
  });

  for (const endpoint of ['sink.example', 'https://u:hidden@sink.example']) {
    it(`of EXTERNAL_RECEIVER with endpoint ${endpoint} is an error that says what to type`, () => {
      const active = activeTarget('EXTERNAL_RECEIVER', server, { ...external, endpoint });
      expect(active.state).to.equal('error');
      expect(active)
        .to.have.property('advice')
        .that.matches(/--endpoint URL/);
      expect(JSON.stringify(active)).to.not.contain('hidden');
    });
  }

  for (const mode of ['LOCAL_RETENTION', 'OPT_OUT'] as const) {
    it(`of ${mode} is none, with a clear message`, () => {
      const active = activeTarget(mode, server, external);
      expect(active.state).to.equal('none');
      expect(active).to.have.property('message').that.contains(mode);
    });
  }
});
