import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Address } from '../../../src/address/address.js';
import { readConfigDocument } from '../../../src/config/document.js';
import { resolveHome } from '../../../src/config/home.js';
import { type KnownIdentities, knownIdentities } from '../../../src/spec-kitty/known-identities.js';
import { scopeDigest } from '../../../src/spec-kitty/scope.js';
import type { TargetRecord } from '../../../src/targets/registry.js';
import { temporaryHome } from '../../support/temporary-home.js';

interface Given {
  readonly config?: string;
  readonly credentials?: string;
  readonly own?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly targets?: readonly Partial<TargetRecord>[];
}

async function identities(given: Given): Promise<KnownIdentities> {
  const paths = resolveHome({ home: temporaryHome(), env: {} });
  mkdirSync(paths.state, { recursive: true });
  for (const [file, text] of [
    [paths.config, given.config],
    [paths.credentials, given.credentials],
    [paths.ownCredentials, given.own],
    [join(paths.home, 'active_queue_scope'), 'https://marker.example|m|m'],
  ] as const)
    if (text !== undefined) writeFileSync(file, text);
  return knownIdentities({
    paths,
    env: given.env ?? {},
    config: await readConfigDocument(paths.config),
    identity: { user: null, team: null },
    targets: (given.targets ?? []) as TargetRecord[],
  });
}

const login = (url: string, user: string, team: string): string =>
  `[user]\nusername = "${user}"\nteam_slug = "${team}"\n[server]\nurl = "${url}"\n`;

const knows = (known: KnownIdentities, scope: string): boolean => known.has(scopeDigest(scope));

describe('the identities a home knows', () => {
  it('are each combination of servers, users and teams, as the old program wrote them', async () => {
    const known = await identities({
      config: '[sync]\nserver_url = "https://Configured.example:443/"\n',
      credentials: login('https://login.example//', 'Ada@Example.com', ' Blue '),
      own: '[servers."https://own.example"]\naccess = "x"\nusername = "bob"\nteam_slug = "red"\n',
      env: { SPEC_KITTY_SAAS_URL: 'https://env.example' },
      targets: [
        {
          kind: 'teamspace',
          canonicalUrl: 'https://past.example',
          rawEndpoint: new Address('https://Past.example/'),
          userEmail: 'carl',
          teamSlug: 'green',
        },
        {
          kind: 'external',
          canonicalUrl: 'https://hook.example',
          rawEndpoint: new Address('https://hook.example'),
          userEmail: '',
          teamSlug: '',
        },
      ],
    });
    for (const scope of [
      'https://configured.example:443|ada@example.com|blue',
      'https://configured.example|ada@example.com|no-team',
      'https://login.example|ada@example.com|blue',
      'https://env.example|bob|red',
      'https://own.example|carl|blue',
      'https://past.example|carl|green',
      'https://spec-kitty-dev.fly.dev|ada@example.com|blue',
    ])
      expect(knows(known, scope), scope).to.equal(true);
    for (const scope of ['https://marker.example|m|m', 'https://hook.example|carl|green'])
      expect(knows(known, scope), scope).to.equal(false);
  });

  it('leave out a digest that two of them share', async () => {
    const known = await identities({
      credentials: login('https://a.example', 'u|t', 'x'),
      own: '[servers."https://a.example"]\naccess = "x"\nusername = "u"\nteam_slug = "t|x"\n',
    });
    expect(knows(known, 'https://a.example|u|t|x')).to.equal(false);
    expect(knows(known, 'https://a.example|u|x')).to.equal(true);
  });

  it('are none of a home where nobody ever signed in, also with files that cannot be read', async () => {
    expect((await identities({})).size).to.equal(0);
    expect((await identities({ config: '[sync', credentials: '= no TOML' })).size).to.equal(0);
  });
});
