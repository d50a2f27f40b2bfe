import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.js';
import { askForTokens } from '../../../src/spec-kitty/receiver/token-client.js';
import type { TokenAnswer, TokenRequest } from '../../../src/spec-kitty/tokens/token-port.js';
import {
  type Script,
  type ScriptedServer,
  scriptedServer,
} from '../../receivers/scripted-server.js';
import { expectHidden } from '../../receivers/secrecy.js';

const PASSWORD = 'marker-password "ü"';
const REFRESH = 'marker-refresh-0123456789';

const settings = { transport: { env: {}, deadlineMs: 5_000 }, version: '1.2.3' };

const login = (url: string): TokenRequest => ({
  kind: 'login',
  url,
  username: 'ada@example.com',
  password: new Secret(PASSWORD),
});
const refresh = (url: string): TokenRequest => ({
  kind: 'refresh',
  url,
  refresh: new Secret(REFRESH),
});

describe('asking a server for tokens', () => {
  let server: ScriptedServer;
  afterEach(() => server?.close());

  async function asked(script: Script, request = login): Promise<TokenAnswer> {
    await server?.close();
    server = await scriptedServer(script);
    return askForTokens(request(`${server.url}/api/v1/token/`), settings);
  }
  const says =
    (body: unknown, status = 200): Script =>
    () => ({ status, body: JSON.stringify(body) });

  it('posts user and password, or the refresh token, and nothing else', async () => {
    await asked(says({ access: 'a' }));
    expect(server.seen[0]).to.include({ method: 'POST', path: '/api/v1/token/' });
    expect(server.seen[0]?.headers).to.include({
      'content-type': 'application/json',
      'user-agent': 'redrain/1.2.3',
    });
    expect(server.seen[0]?.headers).to.not.have.property('authorization');
    expect(JSON.parse(`${server.seen[0]?.body}`)).to.deep.equal({
      username: 'ada@example.com',
      password: PASSWORD,
    });
    await asked(says({ access: 'a' }), refresh);
    expect(JSON.parse(`${server.seen[0]?.body}`)).to.deep.equal({ refresh: REFRESH });
  });

  it('takes what is granted, with the usual lifetimes where none are said', async () => {
    const answer = await asked(says({ access: ' a ', refresh: 'r', team_slug: 'blue' }));
    if (answer.kind !== 'granted') return expect.fail(answer.reason);
    const { grant } = answer;
    expect([grant.access.reveal(), grant.refresh?.reveal()]).to.deep.equal(['a', 'r']);
    expect(grant).to.include({
      accessLifetimeMs: 900_000,
      refreshLifetimeMs: 604_800_000,
      teamSlug: 'blue',
    });
    expectHidden(answer, '"a"');
  });

  for (const odd of [null, 7, '', ' ', 'a\nb', 'x'.repeat(201), PASSWORD, ['blue']])
    it(`takes ${JSON.stringify(odd)?.slice(0, 30)} for no team`, async () => {
      const answer = await asked(says({ access: 'a', team_slug: odd }));
      expect(answer.kind === 'granted' && answer.grant.teamSlug).to.equal(null);
    });

  for (const status of [400, 401, 403, 422])
    it(`takes ${status} for a refusal and shows why, without what was sent`, async () => {
      const echo: Script = ({ body }) => ({
        status,
        body: `{"detail":${JSON.stringify(`${body}`)}}`,
      });
      for (const [request, marker] of [
        [login, 'marker-password'],
        [refresh, REFRESH],
      ] as const) {
        const answer = await asked(echo, request);
        expect(answer.kind).to.equal('refused');
        expect(answer.kind !== 'granted' && answer.reason).to.contain(`HTTP ${status}`);
        expectHidden(answer, marker);
      }
    });

  const troubles: [name: string, script: Script, words: RegExp][] = [
    ['a web page', () => ({ status: 200, body: '<html>marker</html>' }), /without a usable/],
    ['an empty 204', () => ({ status: 204 }), /HTTP 204 without/],
    ['a server error', says({ error: 'down' }, 500), /500.*down/],
    ['too many requests', says({}, 429), /429/],
    ['a dropped connection', () => (socket) => socket.destroy(), /connection|no usable answer/],
    [
      'more than it should be',
      () => ({ status: 200, body: Buffer.alloc(9 * 1024 * 1024, 32) }),
      /larger than 8 MiB/,
    ],
  ];
  for (const [name, script, words] of troubles)
    it(`says of ${name} that there was no usable answer`, async () => {
      const answer = await asked(script);
      expect(answer.kind).to.equal('failed');
      expect(answer.kind !== 'granted' && answer.reason).to.match(words);
      expectHidden(answer, 'marker');
    });

  it('follows no redirect: the password goes to one address', async () => {
    const elsewhere = await scriptedServer(says({ access: 'a' }));
    for (const status of [301, 302, 303, 307, 308]) {
      const answer = await asked(() => ({ status, headers: { location: elsewhere.url } }));
      expect(answer.kind).to.equal('failed');
      expect(answer.kind !== 'granted' && answer.reason).to.match(/not followed/);
    }
    expect(elsewhere.connections()).to.equal(0);
    await elsewhere.close();
  });

  it('gives up on a server that is silent', async () => {
    server = await scriptedServer(() => () => {});
    const slow = { ...settings, transport: { env: {}, deadlineMs: 20 } };
    const answer = await askForTokens(login(server.url), slow);
    expect(answer.kind !== 'granted' && answer.reason).to.match(/no answer from .* within 0.02 s/);
  });

  for (const url of ['http://192.0.2.1:9/', 'http://localhost.example/', 'stub:', 'nowhere'])
    it(`opens no socket to ${url}`, async () => {
      const answer = await askForTokens(login(url), settings);
      expect(answer.kind !== 'granted' && answer.reason).to.match(/not an https address/);
    });
});
