import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { captured } from '../processes/given-events.js';
import { SYNC_ON } from '../spec-kitty/given-login.js';
import { rounds, someOf } from '../support/rounds.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import {
  drained,
  entryKept,
  expectAskedOnce,
  expectSayable,
  type GivenTeamspace,
  givenTeamspace,
  IDS,
  type Script,
  statuses,
} from './given-teamspace.js';
import { GARBAGE, NO_ANSWERS, NO_ANSWERS_IN_SHORT } from './no-answers.js';
import { http, type RawAnswer, rawServer } from './raw-server.js';

const NEVER_SENT = IDS.map(() => null);
const REFRESH = 'token/refresh/';
const EVIL = '\u001b[2J\u001b]0;owned\u0007\r\n\u0085error: nothing is wrong';

/** An expired token that a server does not renew: asked once, nothing sent, nothing changed. */
async function expectNothingSent(script: Script, reason: string): Promise<GivenTeamspace> {
  const given = await givenTeamspace({ accessEnds: -1, ...script });
  const report = await drained(given);
  expect(report, report.message ?? '').to.include({ blocked_reason: reason, posts: 0, unsent: 3 });
  expect(await statuses(given)).to.deep.equal(NEVER_SENT);
  expectAskedOnce(given, REFRESH);
  expect(given.text()).to.equal(given.before);
  expect(given.mode()).to.equal(0o600);
  return given;
}

describe('tokens that are asked for and not given', () => {
  for (const [name, { answer, deadlineMs }] of someOf(NO_ANSWERS, ...NO_ANSWERS_IN_SHORT))
    it(`${name}: nothing is sent, the login stays as it was`, async () => {
      const said = answer();
      await expectNothingSent({ tokens: () => said, deadlineMs }, 'network_unavailable');
    });

  it('garbage with a success is not a token', async () => {
    const notTokens = [null, 7, '', ' ', 'a b', 'ü', 'x\r\nX-Evil: 1', ['x'], {}, true, '\0'];
    const bodies = [...GARBAGE, ...notTokens.map((access) => JSON.stringify({ access }))];
    for (const body of rounds(
      bodies.filter((_, i) => i % 6 === 4),
      bodies,
    ))
      await expectNothingSent({ tokens: () => http('200 OK', body) }, 'network_unavailable');
  });

  it('a redirect is not followed: the refresh token goes nowhere else', async () => {
    const elsewhere = await rawServer(() => http('200 OK', '{"access":"stolen"}'));
    for (const code of rounds([302, 308], [300, 301, 302, 303, 305, 307, 308])) {
      const where = [`Location: ${elsewhere.url}/`, `Refresh: 0; url=${elsewhere.url}`];
      const tokens = (): RawAnswer => http(`${code} Elsewhere`, '', where);
      await expectNothingSent({ tokens }, 'network_unavailable');
    }
    expect(elsewhere.sockets).to.have.length(0);
  });

  for (const status of rounds(
    ['401 No'],
    ['400 No', '401 No', '403 No', '422 No', '500 No', '999 No'],
  ))
    it(`${status} in words that clear the screen and echo the token: said in one line`, async () => {
      const echo = `${EVIL} old-refresh ${Buffer.from('old-refresh').toString('base64')}`;
      const details = [echo, { deep: echo }, `${'x'.repeat(100_000)}`, [echo], -0];
      for (const detail of details.slice(0, rounds(1, 9))) {
        const body = JSON.stringify({ detail, error: { [echo]: echo } });
        const tokens = (): RawAnswer => http(status, body, ['Content-Type: application/json']);
        const isRefusal = /^4/.test(status);
        await expectNothingSent({ tokens }, isRefusal ? 'missing_auth' : 'network_unavailable');
      }
    });

  it('after a batch was refused: the refusal stands, and the events are tried again', async () => {
    const given = await givenTeamspace({
      tokens: () => http('200 OK', '{"access":null}'),
      batch: () => http('401 No', JSON.stringify({ error: EVIL })),
    });
    const report = await drained(given);
    expect(report).to.include({ blocked_reason: 'missing_auth', posts: 1, transient: 3 });
    expect(report.message).to.match(/could not be renewed: HTTP 200 without a usable/);
    expect(await statuses(given)).to.deep.equal(IDS.map(() => 'failed_transient'));
    expect(given.text()).to.equal(given.before);
  });
});

describe('tokens that are given in an odd way', () => {
  async function granted(grant: string): Promise<GivenTeamspace> {
    const given = await givenTeamspace({ accessEnds: -1, tokens: () => http('200 OK', grant) });
    const report = await drained(given);
    expect(report, report.message ?? '').to.include({ delivered: 3, blocked_reason: null });
    return given;
  }

  it('with invalid lifetimes: the file keeps a time that it can be read with', async () => {
    const odd = ['1e308', '-1', '"9e999"', '1e-9', '0', 'null', '[9]', '"x"', 'true', '9e15', '{}'];
    for (const lifetime of odd.slice(0, rounds(3, 99))) {
      const given = await granted(
        `{"access":"new","refresh":"newer","access_lifetime":${lifetime},"refresh_lifetime":${lifetime}}`,
      );
      const { access, refresh, ...times } = entryKept(given);
      expect([access, refresh], lifetime).to.deep.equal(['new', 'newer']);
      for (const time of [times.access_expires_at, times.refresh_expires_at])
        expect(Date.parse(String(time)), lifetime).to.be.within(
          given.clock.now,
          given.clock.now + 101 * 365 * 86_400_000,
        );
    }
  });

  it('with an invalid refresh token: the one that was there stays', async () => {
    const odd = ['7', '"a\\nb"', 'null', '""', '["x"]', '{}', '"\\ud800"'];
    for (const refresh of odd.slice(0, rounds(2, 99)))
      expect(entryKept(await granted(`{"access":"new","refresh":${refresh}}`)), refresh).to.include(
        { access: 'new', refresh: 'old-refresh', username: 'ada@example.com', team_slug: 'blue' },
      );
  });

  it('in characters that TOML gives a meaning: kept and sent as they are', async () => {
    const access = `"'''\\u0041#[servers."x"]=\\`;
    const given = await granted(JSON.stringify({ access, refresh: access, team_slug: '"]\n[x' }));
    expect(entryKept(given)).to.include({ access, refresh: access, team_slug: 'blue' });
    const batch = given.server.requests.at(-1)?.head ?? '';
    expect(batch.split('\r\n')).to.include(`Authorization: Bearer ${access}`);
  });

  it('longer than a header can be: none, and the logins at other servers stay readable', async () => {
    const long = 'x'.repeat(5 * 1024 * 1024);
    const tokens = (): RawAnswer => http('200 OK', JSON.stringify({ access: long }));
    await expectNothingSent({ tokens }, 'network_unavailable');
    const given = await granted(JSON.stringify({ access: 'new', refresh: long }));
    expect(entryKept(given)).to.include({ access: 'new', refresh: 'old-refresh' });
  });
});

describe('redrain now at a server that answers with anything', () => {
  async function now(
    script: Script,
    accessEnds: string,
  ): Promise<readonly [number | null, unknown]> {
    const given = await givenTeamspace(script);
    const cli = new WarmCli(SYNC_ON);
    const login = `access = "old-access"\nrefresh = "old-refresh"\naccess_expires_at = "${accessEnds}"`;
    const team = 'username = "ada@example.com"\nteam_slug = "blue"\n';
    const file = join(stateOf(cli.home), 'credentials.toml');
    await captured(
      cli,
      IDS.map((event_id) => ({ event_id, event_type: 'T' })),
    );
    cli.configure(readFileSync(join(given.home, 'config.toml'), 'utf8'));
    writeFileSync(file, `[servers."${given.server.url}"]\n${login}\n${team}`, { mode: 0o600 });
    const run = await cli.run(['now', '--json']);
    expectSayable(run.json<{ message: string | null }>().message ?? '-');
    expect(run.stderr).to.not.match(/This was not expected|old-refresh|old-access/);
    return [run.code, run.json<{ blocked_reason: unknown }>().blocked_reason];
  }

  it('ends with 6 and a reason when there are no tokens, with 0 when only health is odd', async () => {
    const echo = JSON.stringify({ detail: `${EVIL} old-refresh` });
    const refused = { tokens: () => http('401 No', echo) };
    expect(await now(refused, '2001-01-01T00:00:00Z')).to.deep.equal([6, 'missing_auth']);
    const garbage = { tokens: () => http('200 OK', '\0'), health: () => http('200 OK', '\0') };
    const more: (readonly [accessEnds: string, code: number, reason: string | null])[] = [
      ['2999-01-01T00:00:00Z', 0, null],
      ['2001-01-01T00:00:00Z', 6, 'network_unavailable'],
    ];
    for (const [accessEnds, ...expected] of rounds([], more))
      expect(await now(garbage, accessEnds)).to.deep.equal(expected);
  });
});
