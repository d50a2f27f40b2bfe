import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type LoginReport, login } from '../../src/app/spec-kitty/login.js';
import { Secret } from '../../src/config/secret.js';
import { rounds, someOf } from '../support/rounds.js';
import {
  entryKept,
  expectAskedOnce,
  expectSayable,
  type GivenTeamspace,
  givenTeamspace,
  type Script,
} from './given-teamspace.js';
import { GARBAGE, NO_ANSWERS, NO_ANSWERS_IN_SHORT } from './no-answers.js';
import { http, type RawAnswer, rawServer } from './raw-server.js';

/** Somebody who is signed in types the password once more. */
async function signedIn(script: Script): Promise<{ given: GivenTeamspace; report: LoginReport }> {
  const given = await givenTeamspace(script);
  const report = await login(given.app, {
    url: given.server.url,
    proof: async () => ({
      kind: 'password',
      username: 'ada@example.com',
      password: new Secret('the-password'),
    }),
    onWarning: expect.fail,
  });
  expectAskedOnce(given, 'token/');
  expectSayable(report.message ?? '-');
  return { given, report };
}

async function expectNoLogin(script: Script, state = 'unreachable'): Promise<void> {
  const { given, report } = await signedIn(script);
  expect(report, report.message ?? '').to.include({ state, user: null, access_expires_at: null });
  expect(report.message).to.match(/Nothing was changed/);
  expect(given.text()).to.equal(given.before);
}

describe('a login that is answered with anything', () => {
  for (const [name, { answer, deadlineMs }] of someOf(NO_ANSWERS, ...NO_ANSWERS_IN_SHORT))
    it(`${name}: no login, and the one there was stays`, async () => {
      const said = answer();
      await expectNoLogin({ tokens: () => said, deadlineMs });
    });

  it('garbage with a success is no login', async () => {
    for (const body of rounds(GARBAGE.slice(5, 7), GARBAGE))
      await expectNoLogin({ tokens: () => http('200 OK', body) });
  });

  it('a redirect is not followed: the password goes nowhere else', async () => {
    const elsewhere = await rawServer(() => http('200 OK', '{"access":"stolen"}'));
    for (const code of rounds([307], [301, 302, 303, 307, 308])) {
      const where = [`Location: ${elsewhere.url}/`];
      await expectNoLogin({ tokens: () => http(`${code} Elsewhere`, '', where) });
    }
    expect(elsewhere.sockets).to.have.length(0);
  });

  it('a refusal that echoes the password and clears the screen is one line', async () => {
    const detail = `\u001b[2J\r\nthe-password ${Buffer.from('the-password').toString('base64')}`;
    const tokens = (): RawAnswer => http('401 No', JSON.stringify({ detail }));
    await expectNoLogin({ tokens }, 'refused');
  });

  it('a team that no file can hold is none', async () => {
    const odd = [
      '"\\ud800"',
      '"a\\ud800b"',
      '"\\u0000"',
      '7',
      '{}',
      JSON.stringify('x'.repeat(201)),
    ];
    for (const team of odd.slice(0, rounds(1, 9))) {
      const tokens = (): RawAnswer => http('200 OK', `{"access":"new","team_slug":${team}}`);
      const { given, report } = await signedIn({ tokens });
      expect(report, team).to.include({ state: 'signed_in', team_slug: null });
      expect(entryKept(given), team)
        .to.include({ access: 'new' })
        .and.not.have.property('team_slug');
    }
  });

  it('tokens longer than a header can be are none: the file stays readable', async () => {
    const long = 'x'.repeat(5 * 1024 * 1024);
    await expectNoLogin({ tokens: () => http('200 OK', JSON.stringify({ access: long })) });
    const body = JSON.stringify({ access: 'new', refresh: long });
    const { given, report } = await signedIn({ tokens: () => http('200 OK', body) });
    expect(report).to.include({ state: 'signed_in', refresh_expires_at: null });
    expect(readFileSync(given.file)).to.have.length.below(2_000);
    expect(entryKept(given)).to.include({ access: 'new' });
  });
});
