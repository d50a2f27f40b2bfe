import { expect } from 'chai';
import pg from 'pg';
import { placeOf } from '../../src/postgres/place.js';
import { grantStatements, rolesOf } from '../../src/postgres/schema/roles.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import { targetDescription } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvent, newEvents } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const PURGED = "INSERT INTO purge VALUES (1, 'gc', 1, 'd', NULL)";

/** What the application's role must not do. */
const REFUSED = [
  "UPDATE event SET event_type = 'other'",
  'DELETE FROM event',
  'TRUNCATE event',
  'DROP TABLE event',
  "UPDATE payload SET bytes = 'x'",
  'DELETE FROM payload',
  'TRUNCATE payload',
  'DROP TABLE payload',
  'TRUNCATE event, payload CASCADE',
  PURGED,
  'DELETE FROM purge',
  "INSERT INTO redaction VALUES ('e', 1, 'r')",
  "UPDATE conflict SET incoming_bytes = ''",
  'DELETE FROM conflict',
  'UPDATE audit SET bytes = NULL',
  'DELETE FROM audit',
  'DELETE FROM head',
  "UPDATE head SET home = 'another'",
  'UPDATE head SET schema = 99',
  "UPDATE migrations SET name = 'x'",
  'DELETE FROM origin',
  'TRUNCATE delivery',
  'DROP TABLE delivery',
  'ALTER TABLE event DISABLE TRIGGER ALL',
  'ALTER TABLE payload DISABLE TRIGGER payload_no_delete',
  'DROP TRIGGER event_kept ON event',
  'DROP FUNCTION event_kept() CASCADE',
  'CREATE OR REPLACE FUNCTION event_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  'CREATE TABLE mine (id int)',
  'DROP SCHEMA redrain CASCADE',
  'SET session_replication_role = replica',
  'ALTER TABLE event RENAME TO old_event',
  'ALTER TABLE event SET UNLOGGED',
  'ALTER TABLE event ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE event ADD COLUMN more text',
  'ALTER TABLE event DROP CONSTRAINT uq_event_revision',
  'ALTER TABLE event OWNER TO CURRENT_USER',
  'ALTER FUNCTION payload_no_forgery() SET search_path = pg_temp',
  'CREATE RULE lost AS ON INSERT TO payload DO INSTEAD NOTHING',
  'CREATE TRIGGER mine BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_kept()',
  'CREATE TEMP TABLE heir () INHERITS (event)',
  'DROP INDEX ix_post_target',
  "UPDATE pg_trigger SET tgenabled = 'D'",
  "UPDATE pg_proc SET prosrc = '' WHERE proname = 'event_kept'",
];

/** What the role of gc must not do either. */
const REFUSED_TO_GC = REFUSED.filter(
  (statement) =>
    statement !== PURGED &&
    !/^(DELETE FROM p|INSERT INTO redaction|UPDATE (audit|conflict))/.test(statement),
);

describe('roles of a journal on PostgreSQL:', () => {
  const journals = postgresJournals();
  const roles = rolesOf(journals.name);

  before(async () => {
    const { owner } = journals;
    // Twice: it is done again after each migration.
    for (let times = 0; times < 2; times += 1)
      for (const statement of grantStatements('redrain', roles)) await owner.query(statement);
    journals.roles.push(roles.gc, roles.application);
    const stores = await openStores(journals.url);
    await stores.journal.append([newEvent('first')], 'capture');
    await stores.close();
  });

  /** As a member of one of them is, whatever the server wants of people who sign in. */
  const urlAs = (role: string): string => {
    const url = new URL(journals.url);
    url.searchParams.set('options', `-c role=${role}`);
    return url.href;
  };

  async function connected(role: string): Promise<pg.Client> {
    const client = new pg.Client(placeOf(urlAs(role)).connectionString);
    closeAfterTest(() => client.end());
    await client.connect();
    await client.query('SET search_path = redrain');
    return client;
  }

  const refusedTo = async (role: string, statements: readonly string[]): Promise<string[]> => {
    const client = await connected(role);
    const codes = [];
    for (const statement of statements) {
      const error = (await failureOf(client.query(statement))) as Error & { code: string };
      codes.push(`${error.code} ${statement}`);
    }
    return codes;
  };

  it('the application changes, deletes, empties and drops nothing that is kept, nor its guards', async () => {
    const found = await refusedTo(roles.application, REFUSED);
    expect(found).to.deep.equal(REFUSED.map((statement) => `42501 ${statement}`));
  });

  it('gc neither, beyond bytes behind their records', async () => {
    const found = await refusedTo(roles.gc, REFUSED_TO_GC);
    expect(found).to.deep.equal(REFUSED_TO_GC.map((statement) => `42501 ${statement}`));
  });

  it('gc deletes bytes behind a purge record, and no others', async () => {
    const client = await connected(roles.gc);
    const early = client.query('DELETE FROM payload WHERE seq = 1');
    expect(String(await failureOf(early))).to.match(/purge record/);
    await client.query(`BEGIN; ${PURGED}; DELETE FROM payload WHERE seq = 1; ROLLBACK`);
  });

  it('the application captures and drains', async () => {
    const stores: PostgresStores = await openStores(urlAs(roles.application));
    closeAfterTest(() => stores.close());
    await stores.journal.append(newEvents(5), 'capture');
    const audit = { action: 'discarded', family: 'f', reason: 'nobody wants it' } as const;
    const other = { bytes: Buffer.from('{"event_id":"first","other":1}') };
    await stores.journal.append([newEvent('x', { audit }), newEvent('first', other)], 'capture');
    await stores.targets.ensure(targetDescription('a'), 1_000);
    const receiver = new ScriptedReceiver();
    const lock = stores.targetLock(1);
    await drainWith({ home: temporaryHome(), ledger: stores.ledger }, receiver, { lock });
    expect(receiver.posts.flat()).to.have.length(7 - 1);
  });
});
