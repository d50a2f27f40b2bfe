import { expect } from 'chai';
import { connectionOf, rows } from '../support/core.js';
import { rounds, someOf } from '../support/rounds.js';
import {
  drained,
  type GivenTeamspace,
  givenTeamspace,
  IDS,
  type Script,
  statuses,
} from './given-teamspace.js';
import { GARBAGE, NO_ANSWERS } from './no-answers.js';
import { http, type RawAnswer, rawServer } from './raw-server.js';

/** Delivered as if there were no health document, or nothing in it. */
async function expectDelivered(script: Script): Promise<GivenTeamspace> {
  const given = await givenTeamspace(script);
  const report = await drained(given);
  expect(report, report.message ?? '').to.include({ delivered: 3, blocked_reason: null });
  expect(await statuses(given)).to.deep.equal(IDS.map(() => 'success'));
  expect(given.text(), 'the login').to.equal(given.before);
  return given;
}

const ONE_BATCH = ['sync/health/', 'events/batch/'];
const says = (document: string) => (): RawAnswer => http('200 OK', document);

interface Deployment {
  readonly [column: string]: unknown;
}

async function deploymentsOf({ app }: GivenTeamspace): Promise<Deployment[]> {
  const db = connectionOf(await app.stores());
  return rows({ db }, 'SELECT * FROM deployment ORDER BY rowid');
}

describe('an invalid health document', () => {
  // Those without an end cost the five seconds that a health document has.
  for (const [name, { answer }] of someOf(NO_ANSWERS, 'chunks without end', 'no HTTP'))
    it(`${name}: not offered, and events are delivered`, async () => {
      const said = answer();
      const given = await expectDelivered({ health: () => said });
      expect(given.asked()).to.deep.equal(ONE_BATCH);
      expect(await deploymentsOf(given)).to.deep.equal([]);
    });

  it('garbage, or any other status than 200, is not a document', async () => {
    const closed = '{"private_teamspace":false,"server_instance_id":"x"}';
    const odd = ['201 Made', '204 None', '206 Part', '401 No', '403 No', '500 No', '999 Odd'];
    const answers = [
      ...GARBAGE.map((body) => http('200 OK', body)),
      ...odd.map((status) => http(status, closed)),
    ];
    for (const answer of rounds(
      answers.filter((_, i) => i % 5 === 0),
      answers,
    )) {
      const given = await expectDelivered({ health: () => answer });
      expect(given.asked()).to.deep.equal(ONE_BATCH);
      expect(await deploymentsOf(given)).to.deep.equal([]);
    }
  });

  it('a redirect is not followed: the token goes nowhere else', async () => {
    const elsewhere = await rawServer(says('{"private_teamspace":false}'));
    for (const code of rounds([302], [301, 302, 303, 307, 308])) {
      const where = [`Location: ${elsewhere.url}/`];
      await expectDelivered({ health: () => http(`${code} Elsewhere`, '', where) });
    }
    expect(elsewhere.sockets).to.have.length(0);
  });
});

describe('a health document with anything in it', () => {
  it('limits that nobody can mean do not count, and every event is sent once', async () => {
    const odd = ['1e308', '-1', '0.5', '"9"', 'null', '[]', '1e999', '9007199254740993', 'true'];
    for (const limit of odd.slice(0, rounds(3, 99))) {
      const limits = `{"max_events_per_batch":${limit},"max_decompressed_bytes_per_batch":${limit}}`;
      const given = await expectDelivered({
        health: says(`{"sync_ingress":{"limits":${limits}}}`),
      });
      const sent = given.server.requests.flatMap(({ eventIds }) => eventIds);
      expect(sent, limit).to.deep.equal(IDS);
    }
  });

  it('members of every other type are absent', async () => {
    const odd = ['7', '[]', '{}', '{"limits":7}', 'null', '"false"', '0', '" "', '""', '"\\u0000"'];
    for (const value of odd.slice(0, rounds(3, 99))) {
      const names = [
        'server_instance_id',
        'deployment_id',
        'environment_name',
        'git_sha',
        'private_teamspace',
        'sync_ingress',
      ];
      const document = `{${names.map((name) => `"${name}":${value}`).join(',')}}`;
      const given = await expectDelivered({ health: says(document) });
      const known = await deploymentsOf(given);
      // A control character is shown, and so is text like any other.
      const isText = ['"false"', '"\\u0000"'].includes(value);
      expect(known.length, value).to.equal(isText ? 1 : 0);
    }
  });

  it('the same odd names twice are one deployment, shown in one line, and no reset', async () => {
    const odd = [
      `"${'x'.repeat(199)}\u{1f600}"`,
      '"half \\ud83d"',
      '"\\u001b[2J\\u001b]0;owned\\u0007\\r\\n\\u0085x"',
      JSON.stringify('x'.repeat(1_000_000)),
      '"__proto__"',
      '"old-access"',
    ];
    for (const name of odd.slice(0, rounds(3, 99))) {
      const document = `{"server_instance_id":${name},"environment_name":${name},"git_sha":${name}}`;
      const given = await expectDelivered({ health: says(document) });
      await drained(given, { events: 0 });
      expect(
        (await given.app.readingStores(async (stores) => stores?.targets.list()))?.[0]?.resetSignal,
        name,
      ).to.equal(null);
      const known = await deploymentsOf(given);
      expect(known, name).to.have.length(1);
      for (const text of Object.values(known[0] ?? {}))
        if (typeof text === 'string') expect(text).to.match(/^[^\p{Cc}\p{Cs}]{1,200}$/u);
    }
  });

  it('that there is no Private Teamspace closes the gate, whatever else it says', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const given = await givenTeamspace({
      health: says(`{"x":${deep},"private_teamspace":true,"private_teamspace":false}`),
    });
    const report = await drained(given);
    expect(report).to.include({ blocked_reason: 'private_teamspace_gate', posts: 0, unsent: 3 });
  });
});
