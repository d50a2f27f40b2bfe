import { expect } from 'chai';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import { arrived } from '../support/arrivals.js';
import { newEvent, newEvents } from '../support/events.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

describe('verify on PostgreSQL names what its owner has broken:', () => {
  const journals = postgresJournals();

  /** A journal of six events in a schema of its own, which is dropped. */
  async function givenJournal(): Promise<PostgresStores> {
    const stores = await openStores(`${journals.url}?schema=broken`);
    closeAfterTest(async () => {
      await stores.close();
      await journals.owner.query('DROP SCHEMA broken CASCADE');
    });
    await stores.journal.append(newEvents(6), 'capture');
    return stores;
  }

  async function asOwner(...statements: string[]): Promise<void> {
    await journals.owner.query('SET search_path = broken');
    try {
      for (const statement of statements) await journals.owner.query(statement);
    } finally {
      await journals.owner.query('SET search_path = redrain');
    }
  }

  async function problemsOf(stores: PostgresStores, ...only: string[]): Promise<string[]> {
    const home = temporaryHome();
    const request = { spoolDir: `${home}/spool`, archiveDir: `${home}/archive`, only };
    const control = { signal: new AbortController().signal, progress: () => undefined };
    const { checks } = await stores.verification.verify(request, control);
    expect(checks.map(({ name }) => name)).to.include.members(only);
    return checks.flatMap(({ problems }) => problems);
  }

  it('triggers that are missing, disabled, not always on, changed, or of somebody else', async () => {
    const stores = await givenJournal();
    expect(await problemsOf(stores, 'triggers')).to.deep.equal([]);
    await asOwner(
      'DROP TRIGGER event_kept ON event',
      'ALTER TABLE payload DISABLE TRIGGER payload_kept',
      'ALTER TABLE purge ENABLE TRIGGER purge_kept',
      `CREATE OR REPLACE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN RETURN NULL; END $$`,
      'DROP TRIGGER conflict_kept ON conflict',
      `CREATE TRIGGER conflict_kept BEFORE TRUNCATE ON conflict
       FOR EACH STATEMENT EXECUTE FUNCTION conflict_kept()`,
      'ALTER TABLE conflict ENABLE ALWAYS TRIGGER conflict_kept',
      'DROP TRIGGER redaction_kept ON redaction',
      `CREATE TRIGGER redaction_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON redaction
       FOR EACH STATEMENT EXECUTE FUNCTION head_kept()`,
      'ALTER TABLE redaction ENABLE ALWAYS TRIGGER redaction_kept',
      `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
      'CREATE TRIGGER swallow BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION swallow()',
      'CREATE RULE lost AS ON INSERT TO payload DO INSTEAD NOTHING',
      'ALTER TABLE live ENABLE ROW LEVEL SECURITY',
    );
    expect(await problemsOf(stores, 'triggers')).to.have.members([
      'trigger event_kept on event is missing',
      'trigger payload_kept on payload is disabled',
      'trigger purge_kept on purge is not ENABLE ALWAYS: a session in replica mode is not refused',
      'trigger audit_kept on audit was changed',
      'trigger conflict_kept on conflict was changed',
      'trigger redaction_kept on redaction was changed',
      "trigger swallow on event is not one of redrain's",
      "rule lost on payload is not one of redrain's",
      "row security on live is not one of redrain's",
    ]);
  });

  it('tables, columns, constraints and indexes', async () => {
    const stores = await givenJournal();
    expect(await problemsOf(stores, 'tables')).to.deep.equal([]);
    await asOwner(
      'DROP TABLE coalescing',
      'ALTER TABLE post DROP COLUMN requests',
      'ALTER TABLE audit ALTER COLUMN reason DROP NOT NULL',
      'ALTER TABLE discard_count ALTER COLUMN events TYPE integer',
      'ALTER TABLE event DROP CONSTRAINT uq_event_revision',
      'DROP INDEX ix_post_target',
      'ALTER TABLE cause DROP CONSTRAINT ck_cause_events',
      'ALTER TABLE cause ADD CONSTRAINT ck_cause_events CHECK (events >= 0) NOT VALID',
    );
    expect(await problemsOf(stores, 'tables')).to.have.members([
      'table coalescing is missing',
      'column requests of post is missing',
      'column reason of audit was changed',
      'column events of discard_count was changed',
      'uq_event_revision is missing',
      'ix_post_target is missing',
      'ck_cause_events does not hold for every row',
    ]);
  });

  it('rows changed behind the triggers, gaps, the head and counters', async () => {
    const stores = await givenJournal();
    await asOwner(
      ...['event', 'payload'].map((table) => `ALTER TABLE ${table} DISABLE TRIGGER USER`),
      `UPDATE payload SET bytes = 'x' WHERE seq = 1`,
      `UPDATE payload SET bytes = overlay(bytes PLACING 'z' FROM 3) WHERE seq = 2`,
      'DELETE FROM payload WHERE seq = 3',
      'DELETE FROM event WHERE seq = 4',
      'DELETE FROM live WHERE seq = 5',
      'UPDATE head SET seq = 9',
      `UPDATE journal_count SET events = events + 1 WHERE class = 'live'`,
    );
    const size = newEvent('e-000001').bytes.length;
    expect(await problemsOf(stores, 'digests')).to.have.members([
      `event e-000001 (1): 1 bytes, captured were ${size}`,
      'event e-000002 (2): its bytes are not what was captured',
      'event e-000003 (3): its bytes are gone without a record',
      'event e-000005 (5): nothing would ever select it',
      '1 rows of the journal are missing',
      'the head of the journal says 9, its last event is number 6',
    ]);
    expect(await problemsOf(stores, 'foreign keys')).to.have.members([
      'payload 4: its event does not exist',
      'live 4: its event does not exist',
    ]);
    const [counter = ''] = await problemsOf(stores, 'counters');
    expect(counter).to.match(/^journal counter originId 1, class live says events 7/);
    await stores.verification.recount();
    expect(await problemsOf(stores, 'counters')).to.deep.equal([]);
  });

  it('what is known of the numbers of an edge', async () => {
    const stores = await givenJournal();
    await stores.journal.append(arrived([1, 3, 4]), 'capture');
    expect(await problemsOf(stores, 'counters', 'foreign keys')).to.deep.equal([]);
    await asOwner(
      'UPDATE edge SET complete = 4, received = 2',
      'UPDATE edge_range SET seq = 998 WHERE first = 3',
    );
    const said = (complete: number, received: number) =>
      `high 4, complete ${complete}, received ${received}, excluded 0`;
    expect(await problemsOf(stores, 'counters')).to.deep.equal([
      `edge counter edge home-a says ${said(4, 2)}, there are ${said(1, 3)}`,
    ]);
    expect(await problemsOf(stores, 'foreign keys')).to.deep.equal([
      'edge_range 999: its event does not exist',
    ]);
    await stores.verification.recount();
    expect(await problemsOf(stores, 'counters')).to.deep.equal([]);
    const [edge] = await stores.edges.list();
    expect(edge).to.include({ high: 4, complete: 1, received: 3 });
  });
});
