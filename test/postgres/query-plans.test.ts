import { expect } from 'chai';
import type { Outcome } from '../../src/dispatch/ports.js';
import { GUARDED } from '../../src/postgres/schema/triggers.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import {
  beginPass,
  claim,
  claimRequest,
  REJECTED,
  SUCCESS,
  settle,
  TRANSIENT,
} from '../ledger/hand-drain.js';
import { targetDescription } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { type RowsRead, watchRowsRead } from '../support/rows-read.js';
import { closeAfterTest } from '../support/temporary-home.js';

const EVENTS = 50_000;
const ORIGINS = 5;
/** Delivered to the first target, and half of them to the second. */
const DELIVERED = 40_000;
const BATCH = 100;
/** Of what a statement on one batch may read: a few rows of a few tables for each event. */
const MOST_ROWS = 12 * BATCH;

/** Tables as a long history leaves them. */
const FILL = `
  INSERT INTO origin (project_uuid, repo_slug, checkout, event_type)
    SELECT 'p' || n, '', '', 'T' FROM generate_series(1, ${ORIGINS}) n;
  INSERT INTO event (seq, event_id, revision, event_type, origin_id, source, captured_at, carries_id, sha256, size)
    SELECT n, 'old-' || n, 1, 'T', 1 + n % ${ORIGINS}, 'capture', n, 1, sha256('{}'), 2
    FROM generate_series(1, ${EVENTS}) n;
  INSERT INTO payload (seq, bytes) SELECT n, '{}' FROM generate_series(1, ${EVENTS}) n;
  INSERT INTO live (origin_id, seq) SELECT 1 + n % ${ORIGINS}, n FROM generate_series(1, ${EVENTS}) n;
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
    SELECT n, 'live', ${EVENTS / ORIGINS}, ${EVENTS / ORIGINS}, ${(2 * EVENTS) / ORIGINS}
    FROM generate_series(1, ${ORIGINS}) n;
  INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, completed_at, next_attempt_at)
    SELECT t, n, CASE WHEN n % 8 = 0 THEN 'rejected' ELSE 'success' END, 1, 0, n,
      CASE WHEN n % 8 = 0 THEN n END
    FROM generate_series(1, 2) t, generate_series(1, ${DELIVERED} / t) n;
  INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
    SELECT target_id, seq, 1 + seq % ${ORIGINS}, 1000000, 0, 'any', 0 FROM delivery WHERE status = 'rejected';
  INSERT INTO lane (target_id, origin_id, cursor)
    SELECT t, n, ${DELIVERED} / t FROM generate_series(1, 2) t, generate_series(1, ${ORIGINS}) n;
  INSERT INTO ledger_count (target_id, origin_id, class, status, events)
    SELECT target_id, 1 + seq % ${ORIGINS}, 'live', status, count(*) FROM delivery GROUP BY 1, 2, 4;
  INSERT INTO post (target_id, pass_no, started_at, duration_ms, first_seq, last_seq, events, outcomes, bytes_sent)
    SELECT 1, n, n, 1, n, n, 1, '{}', 1 FROM generate_series(1, 5000) n;
  INSERT INTO mark (seq, class, at) SELECT -n, 'purged', n FROM generate_series(1, 20000) n;
  UPDATE target SET delivery_rows = ${DELIVERED} / id, pass_no = 10;
  UPDATE head SET seq = ${EVENTS};`;

const VERDICTS: readonly Outcome[] = [SUCCESS, REJECTED, TRANSIENT];

const GROWING = ['event', 'payload', 'live', 'mark', 'delivery', 'todo', 'post'];

describe('no statement on PostgreSQL reads more rows than it needs', () => {
  const journals = postgresJournals();

  /** Two targets and a long history; autovacuum would make statistics at a time of its own. */
  async function given(statistics: 'of empty tables' | 'of full ones'): Promise<PostgresStores> {
    const stores = await openStores(journals.forTest());
    closeAfterTest(() => stores.close());
    for (const name of ['a', 'b']) await stores.targets.ensure(targetDescription(name), 1_000);
    const alter = (what: string) =>
      journals.owner.query(GROWING.map((table) => `ALTER TABLE ${table} ${what}`).join('; '));
    const triggers = (what: string) =>
      journals.owner.query(
        GUARDED.map(({ table, name }) => `ALTER TABLE ${table} ${what} ${name}`).join('; '),
      );
    await alter('SET (autovacuum_enabled = off)');
    closeAfterTest(() => alter('RESET (autovacuum_enabled)'));
    const analyze = `ANALYZE ${GROWING.join(', ')}`;
    await journals.owner.query(analyze);
    await triggers('DISABLE TRIGGER');
    await journals.owner.query(FILL);
    await triggers('ENABLE ALWAYS TRIGGER');
    if (statistics === 'of full ones') await journals.owner.query(analyze);
    return stores;
  }

  /** Captures, and sends first attempts and retries to a target. */
  async function work(stores: PostgresStores): Promise<void> {
    await stores.journal.append(newEvents(BATCH), 'capture');
    await stores.journal.append(newEvents(BATCH), 'capture');
    await sent(stores, false);
    await sent(stores, true);
    await stores.ledger.workDue(1, () => null);
    await stores.ledger.backlog(1, () => null);
  }

  /** What status asks of one target. */
  async function report({ reports, ledger }: PostgresStores): Promise<void> {
    const permission = () => null;
    await reports.counts([{ targetId: 1, permission }]);
    await reports.latestPosts(1, 10);
    await reports.posts(1, BATCH);
    await reports.growth([1, 1_000]);
    await ledger.postsSince(1, await ledger.lastPost(1));
    for (const state of [undefined, 'delivered'] as const) {
      const query = { targetId: 1, filter: {}, permission, state };
      await reports.newestEvents(query, 5);
      await reports.eventPage({ ...query, limit: 5, budgetMs: 10_000 });
    }
  }

  async function sent(stores: PostgresStores, ignoreBackoff: boolean): Promise<void> {
    const pass = await beginPass(stores);
    const more = { maxEvents: BATCH, ignoreBackoff };
    const first = (await claim(stores, pass, more)) ?? expect.fail('nothing was claimed');
    await stores.ledger.redactedOf(pass, first, first.events);
    await settle(stores, pass, first, ({ seq }) => VERDICTS[seq % 3] as Outcome);
    const second = (await claim(stores, pass, more)) ?? expect.fail('nothing more was claimed');
    const ahead = await stores.ledger.lookAhead(pass, claimRequest(pass, more));
    const behind = await stores.ledger.claimBehind(pass, second, claimRequest(pass, more));
    expect([ahead?.length, behind?.events.length]).to.deep.equal(
      ignoreBackoff ? [undefined, undefined] : [BATCH, BATCH],
    );
    if (behind !== undefined) await stores.ledger.release(pass, behind, behind.events);
    await settle(stores, pass, second, SUCCESS);
  }

  const heavy = (read: readonly RowsRead[]) =>
    read
      .filter(({ rows }) => rows > MOST_ROWS)
      .map(({ statement, rows, plan }) => `${rows} rows:${statement}\n${plan}`);

  it('planned while the tables were empty, and no report of one target does', async () => {
    const stores = await given('of empty tables');
    const read = watchRowsRead();
    await work(stores);
    await report(stores);
    expect(read.length).to.be.greaterThan(30);
    expect(heavy(read).join('\n\n')).to.equal('');
  });

  it('planned with statistics, and no report of one target does', async () => {
    const stores = await given('of full ones');
    const read = watchRowsRead();
    await work(stores);
    await report(stores);
    expect(heavy(read).join('\n\n')).to.equal('');
  });

  it('would be noticed if it did', async () => {
    const stores = await given('of full ones');
    const read = watchRowsRead();
    await stores.db.get("SELECT count(*) FROM delivery WHERE status = 'pending'");
    expect(heavy(read)).to.have.length(1);
    expect(heavy(read)[0]).to.match(/^\d{5} rows:SELECT count/);
  });
});
