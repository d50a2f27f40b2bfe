import { expect } from 'chai';
import pg from 'pg';
import { placeOf } from '../../src/postgres/place.js';
import { grantStatements, type Roles, rolesOf } from '../../src/postgres/schema/roles.js';
import { CREATE_TRIGGERS } from '../../src/postgres/schema/triggers.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import { targetDescription } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

/** What is tried against a journal of six events, and what `verify` must then say: every problem that it finds, as far as it is named. */
interface Attack {
  readonly what: string;
  readonly statements: readonly string[];
  readonly named: readonly RegExp[];
}

const EVENT = (seq: number, more = ''): string =>
  `INSERT INTO event SELECT ${seq}, 'forged', 1, event_type, origin_id, source, event_time, occurred_at,
    captured_at, producer_user, producer_team, drain_blocked_reason, carries_id, undeliverable,
    ${more || 'sha256'}, size FROM event WHERE seq = 1`;

/** What the application's role has the right to write: it captures and drains with it. */
const BY_APPLICATION: readonly Attack[] = [
  {
    what: 'an event behind a gap',
    statements: [EVENT(9), 'INSERT INTO payload SELECT 9, bytes FROM payload WHERE seq = 1'],
    named: [
      /2 rows of the journal are missing/,
      /head of the journal says 6, its last event is number 9/,
      /event forged \(9\): nothing would ever select it/,
      /journal counter/,
    ],
  },
  {
    what: 'an event before the first',
    statements: [EVENT(0), 'INSERT INTO payload SELECT 0, bytes FROM payload WHERE seq = 1'],
    named: [/begins with number 0/, /journal counter/],
  },
  {
    what: 'an event with a forged digest',
    statements: [
      EVENT(7, "decode(repeat('00', 32), 'hex')"),
      'UPDATE head SET seq = 7',
      'INSERT INTO live SELECT origin_id, seq FROM event WHERE seq = 7',
    ],
    named: [/event forged \(7\): its bytes are gone without a record/, /journal counter/],
  },
  {
    what: 'a head that runs ahead',
    statements: ['UPDATE head SET seq = 99'],
    named: [/head of the journal says 99, its last event is number 6/],
  },
  {
    what: 'an event that nobody would select',
    statements: ['DELETE FROM live WHERE seq = 3'],
    named: [/event e-000003 \(3\): nothing would ever select it/],
  },
  {
    what: 'an event that is said to be purged',
    statements: [
      'DELETE FROM live WHERE seq = 3',
      "INSERT INTO mark VALUES (3, 'purged', NULL, 1)",
    ],
    named: [/event e-000003 \(3\): it is purged, its purge record says nothing/, /journal counter/],
  },
  {
    what: 'a delivery that never was',
    statements: [
      `INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, completed_at)
       VALUES (1, 1, 'success', 1, 0, 1)`,
    ],
    named: [/ledger counter/, /rows of the ledger/],
  },
  {
    what: 'a cursor that goes over events',
    statements: ['INSERT INTO lane SELECT 1, id, 6 FROM origin'],
    named: [1, 2, 3, 4, 5, 6].map((seq) => RegExp(`event number ${seq}: nothing would ever send`)),
  },
  {
    what: 'counters that were falsified',
    statements: ['UPDATE journal_count SET events = events - 1'],
    named: [/journal counter/],
  },
];

const WITHOUT_TRIGGERS = (table: string, ...statements: string[]): string[] => [
  `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
  ...statements,
  // As it was, but for what follows.
  ...CREATE_TRIGGERS.filter((text) => text.startsWith(`ALTER TABLE ${table} ENABLE`)),
];

/** What the owner of the tables can do, if by a detour. */
const BY_OWNER: readonly Attack[] = [
  {
    what: 'an event deleted while its triggers were off',
    statements: WITHOUT_TRIGGERS('event', 'DELETE FROM event WHERE seq = 4'),
    named: [
      /1 rows of the journal are missing/,
      /payload 4: its event does not exist/,
      /live 4: its event does not exist/,
      /journal counter/,
    ],
  },
  {
    what: 'the last event deleted while its triggers were off',
    statements: WITHOUT_TRIGGERS('event', 'DELETE FROM event WHERE seq = 6'),
    named: [
      /head of the journal says 6, its last event is number 5/,
      /payload 6/,
      /live 6/,
      /counter/,
    ],
  },
  {
    what: 'all events emptied while their triggers were off',
    statements: WITHOUT_TRIGGERS('event', 'TRUNCATE event'),
    named: [
      /head of the journal says 6, its last event is number 0/,
      ...[1, 2, 3, 4, 5, 6].flatMap((seq) => [RegExp(`payload ${seq}`), RegExp(`live ${seq}`)]),
      /journal counter/,
    ],
  },
  {
    what: 'bytes changed while their triggers were off',
    statements: WITHOUT_TRIGGERS(
      'payload',
      "UPDATE payload SET bytes = overlay(bytes PLACING 'z' FROM 3) WHERE seq = 2",
    ),
    named: [/event e-000002 \(2\): its bytes are not what was captured/],
  },
  {
    what: 'bytes deleted while their triggers were off',
    statements: WITHOUT_TRIGGERS('payload', 'DELETE FROM payload WHERE seq = 2'),
    named: [/event e-000002 \(2\): its bytes are gone without a record/, /journal counter/],
  },
  {
    what: 'bytes emptied while their triggers were off',
    statements: WITHOUT_TRIGGERS('payload', 'TRUNCATE payload'),
    named: [
      ...[1, 2, 3, 4, 5, 6].map((seq) =>
        RegExp(`\\(${seq}\\): its bytes are gone without a record`),
      ),
      /journal counter/,
    ],
  },
  {
    what: 'a trigger that is disabled',
    statements: ['ALTER TABLE payload DISABLE TRIGGER payload_no_delete'],
    named: [/trigger payload_no_delete on payload is disabled/],
  },
  {
    what: 'a trigger that a session in replica mode passes',
    statements: ['ALTER TABLE event ENABLE TRIGGER event_kept'],
    named: [/trigger event_kept on event is not ENABLE ALWAYS/],
  },
  {
    what: 'a trigger that is dropped',
    statements: ['DROP TRIGGER event_kept ON event'],
    named: [/trigger event_kept on event is missing/],
  },
  {
    what: 'a trigger whose function is dropped',
    statements: ['DROP FUNCTION event_kept() CASCADE'],
    named: [/trigger event_kept on event is missing/],
  },
  {
    what: 'a trigger whose function says something else',
    statements: [
      `CREATE OR REPLACE FUNCTION event_kept() RETURNS trigger LANGUAGE plpgsql
       SET search_path FROM CURRENT AS $$ BEGIN RETURN NULL; END $$`,
    ],
    named: [/trigger event_kept on event was changed/],
  },
  {
    what: 'a trigger whose function looks elsewhere',
    statements: ['ALTER FUNCTION payload_no_forgery() SET search_path = pg_temp'],
    named: [/trigger payload_no_forgery on payload was changed/],
  },
  {
    what: 'a trigger whose function looks wherever its caller wants',
    statements: ['ALTER FUNCTION payload_no_delete() RESET search_path'],
    named: [/trigger payload_no_delete on payload was changed/],
  },
  {
    what: 'a table that is dropped',
    statements: ['DROP TABLE redaction'],
    named: [/table redaction is missing/, /trigger redaction_kept on redaction is missing/],
  },
  {
    what: 'the events dropped',
    statements: ['DROP TABLE event'],
    named: [
      /table event is missing/,
      /uq_event_revision is missing/,
      /trigger event_kept on event is missing/,
      /trigger event_origin on event is missing/,
      ...['counters', 'ledger', 'foreign keys', 'digests'].map(
        () => /relation "event" does not exist/,
      ),
    ],
  },
  {
    what: 'a table in partitions, each of which can be emptied',
    statements: [
      'ALTER TABLE event RENAME TO event_1',
      'CREATE TABLE event (LIKE event_1) PARTITION BY RANGE (seq)',
      'ALTER TABLE event ATTACH PARTITION event_1 FOR VALUES FROM (1) TO (1000)',
    ],
    named: [
      /table event is missing/,
      /trigger event_kept on event is missing/,
      /trigger event_origin on event is missing/,
      /trigger event_kept on event_1 is not one of redrain's/,
      /trigger event_origin on event_1 is not one of redrain's/,
    ],
  },
  {
    what: 'a table that inherits, which no trigger guards',
    statements: ['CREATE TABLE more () INHERITS (event)'],
    named: [/inheritance by more on event is not one of redrain's/],
  },
  {
    what: 'a view in the place of a table',
    statements: ['ALTER TABLE conflict RENAME TO old', 'CREATE VIEW conflict AS SELECT * FROM old'],
    named: [
      /table conflict is missing/,
      /trigger conflict_kept on conflict is missing/,
      /trigger conflict_keeps_bytes on conflict is missing/,
      /trigger conflict_kept on old is not one of redrain's/,
      /trigger conflict_keeps_bytes on old is not one of redrain's/,
    ],
  },
  {
    what: 'a table that a crash empties',
    statements: ['ALTER TABLE payload SET UNLOGGED'],
    named: [/table payload is not in the log of the server: a crash empties it/],
  },
  {
    what: 'a rule that swallows bytes',
    statements: ['CREATE RULE lost AS ON INSERT TO payload DO INSTEAD NOTHING'],
    named: [/rule lost on payload is not one of redrain's/],
  },
];

/** In `npm test`: one of each sort. */
const SHORT = [
  'an event behind a gap',
  'an event with a forged digest',
  'an event deleted while its triggers were off',
  'a trigger whose function looks elsewhere',
  'the events dropped',
  'a table in partitions, each of which can be emptied',
  'a table that inherits, which no trigger guards',
  'a table that a crash empties',
];

const chosen = (attacks: readonly Attack[]): readonly Attack[] =>
  rounds(
    attacks.filter(({ what }) => SHORT.includes(what)),
    attacks,
  );

describe('what PostgreSQL cannot refuse, verify names:', () => {
  const journals = postgresJournals();
  let roles: Roles;

  before(async () => {
    roles = rolesOf(journals.name);
    for (const statement of grantStatements('redrain', roles))
      await journals.owner.query(statement);
    journals.roles.push(roles.gc, roles.application);
  });

  /** A journal of six events in a schema of its own, which is dropped. */
  async function givenJournal(): Promise<PostgresStores> {
    const stores = await openStores(`${journals.url}?schema=attacked`);
    closeAfterTest(async () => {
      await stores.close();
      await journals.owner.query('DROP SCHEMA attacked CASCADE');
    });
    await stores.journal.append(newEvents(6), 'capture');
    for (const statement of grantStatements('attacked', roles))
      await journals.owner.query(statement);
    return stores;
  }

  async function problemsOf(stores: PostgresStores): Promise<string[]> {
    const home = temporaryHome();
    const request = { spoolDir: `${home}/spool`, archiveDir: `${home}/archive` };
    const control = { signal: new AbortController().signal, progress: () => undefined };
    const { checks } = await stores.verification.verify(request, control);
    return checks.flatMap(({ problems }) => problems);
  }

  async function attack(statements: readonly string[], role?: string): Promise<void> {
    const client = new pg.Client(placeOf(journals.url).connectionString);
    await client.connect();
    try {
      await client.query('SET search_path = attacked, pg_temp');
      if (role !== undefined) await client.query(`SET ROLE "${role}"`);
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async function expectNamed({ statements, named }: Attack, role?: string): Promise<void> {
    const stores = await givenJournal();
    await stores.targets.ensure(targetDescription('a'), 1_000);
    expect(await problemsOf(stores)).to.deep.equal([]);
    await attack(statements, role);
    const problems = await problemsOf(stores);
    for (const pattern of named)
      expect(
        problems.filter((one) => pattern.test(one)),
        `${pattern} in\n${problems.join('\n')}`,
      ).not.to.deep.equal([]);
    expect(problems.filter((one) => !named.some((pattern) => pattern.test(one)))).to.deep.equal([]);
  }

  for (const one of chosen(BY_APPLICATION))
    it(`${one.what}, by the role of the application`, () => expectNamed(one, roles.application));

  for (const one of chosen(BY_OWNER)) it(`${one.what}, by the owner`, () => expectNamed(one));
});
