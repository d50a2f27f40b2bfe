import { expect } from 'chai';
import pg from 'pg';
import { LostLeaseError } from '../../src/ledger/delivery-ledger.js';
import { LEASE_MS } from '../../src/postgres/ledger/claim.sql.js';
import { HeldLeases } from '../../src/postgres/ledger/held-leases.js';
import { PostgresTargetLock, RENEW_MS } from '../../src/postgres/ledger/target-lock.js';
import { placeOf } from '../../src/postgres/place.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import { LOCKED_PAUSE_MS } from '../../src/workers/drain-job.js';
import { targetDescription } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const NEVER = new AbortController().signal;

/** As if the holder had been stopped for longer than its lease. */
const EXPIRE = 'UPDATE target SET lease_until = 1';

describe('the lease of a target on PostgreSQL:', () => {
  const journals = postgresJournals();

  async function machines(): Promise<[PostgresStores, PostgresStores]> {
    const url = journals.forTest();
    const one = await openStores(url);
    closeAfterTest(() => one.close());
    const other = await openStores(url);
    closeAfterTest(() => other.close());
    await one.targets.ensure(targetDescription('a'), 1_000);
    return [one, other];
  }

  const lease = async () =>
    (await journals.owner.query('SELECT lease_token, lease_until::float8 AS until FROM target'))
      .rows[0] as { lease_token: string | null; until: number };

  it('is free for a worker that waits within ten seconds of a machine that is gone', () => {
    // Half a second is for the job of that worker to begin, and to take the lease.
    expect(LEASE_MS + LOCKED_PAUSE_MS).to.be.at.most(9_500);
    expect(RENEW_MS, 'a renewal may be lost twice').to.be.at.most(LEASE_MS / 3);
  });

  it('is of one machine, until it ends', async () => {
    const [one, other] = await machines();
    expect(await one.targetLock(1).acquire(false, NEVER)).to.not.equal(undefined);
    expect(await other.targetLock(1).acquire(false, NEVER)).to.equal(undefined);
    await journals.owner.query(EXPIRE);
    expect(await other.targetLock(1).acquire(false, NEVER)).to.not.equal(undefined);
  });

  it('lasts eight seconds by the clock of the server, and is renewed', async () => {
    const [one] = await machines();
    const lock = new PostgresTargetLock(one.db, new HeldLeases(), 1, 5);
    const held = await lock.acquire(false, NEVER);
    const { rows } = await journals.owner.query(
      'SELECT lease_until - extract(epoch FROM clock_timestamp()) * 1000 AS rest FROM target',
    );
    expect(Number((rows[0] as { rest: string }).rest)).to.be.within(1_000, 8_000);
    await journals.owner.query(EXPIRE);
    while ((await lease()).until === 1);
    await held?.release();
    expect(await lease()).to.deep.equal({ lease_token: null, until: null });
  });

  it('is renewed while its process is in the middle of another transaction', async () => {
    const [one] = await machines();
    const held = await new PostgresTargetLock(one.db, new HeldLeases(), 1, 5).acquire(false, NEVER);
    await one.db.write(['journal', { target: 1 }], async (tx) => {
      await journals.owner.query(EXPIRE);
      const until =
        'SELECT lease_until AS until, lease_pid AS pid, pg_backend_pid() AS own FROM target';
      let row = { until: 1, pid: 0, own: 0 };
      for (let looks = 0; row.until === 1 && looks < 10_000; looks += 1)
        row = (await tx.get<typeof row>(until)) ?? row;
      expect(row.until, 'renewed').to.be.greaterThan(1);
      // Whoever takes it from a holder that hangs ends the connection that is in the way.
      expect(row.pid).to.equal(row.own);
    });
    await held?.release();
    expect(await lease()).to.deep.equal({ lease_token: null, until: null });
  });

  it('given up late takes nothing from its next holder', async () => {
    const [one, other] = await machines();
    const late = await one.targetLock(1).acquire(false, NEVER);
    await journals.owner.query(EXPIRE);
    await other.targetLock(1).acquire(false, NEVER);
    const before = await lease();
    await late?.release();
    expect(await lease()).to.deep.equal(before);
  });

  it('lost between lock and pass begins no pass', async () => {
    const [one, other] = await machines();
    await one.targetLock(1).acquire(false, NEVER);
    await journals.owner.query(EXPIRE);
    await other.targetLock(1).acquire(false, NEVER);
    const before = await lease();
    expect(await failureOf(one.ledger.takeLease(1, 'late'))).to.be.instanceOf(LostLeaseError);
    expect(await lease()).to.deep.equal(before);
    await other.ledger.takeLease(1, 'holder');
  });

  it('lost in the middle of a post: late verdicts change nothing, and the next holder delivers', async () => {
    const [one, other] = await machines();
    const home = temporaryHome();
    await one.journal.append(newEvents(5), 'capture');
    const late = new ScriptedReceiver();
    const next = new ScriptedReceiver();
    const deliver = late.deliver.bind(late);
    late.deliver = async (...args) => {
      const report = await deliver(...args);
      await journals.owner.query(EXPIRE);
      await drainWith({ home, ledger: other.ledger }, next, { lock: other.targetLock(1) });
      return report;
    };
    const report = await drainWith({ home, ledger: one.ledger }, late, { lock: one.targetLock(1) });
    expect(report.blocked_reason).to.equal('daemon_lock');
    expect(next.posts.flat().sort()).to.deep.equal(late.posts.flat().sort());
    const { rows } = await journals.owner.query(
      'SELECT status, attempt_count::int AS attempts FROM delivery ORDER BY seq',
    );
    // Each once: the five in flight are known to both receivers, and recorded by one of them.
    expect(rows).to.have.length(5);
    expect(new Set(rows.map(({ status }) => status))).to.deep.equal(new Set(['success']));
    expect(await one.ledger.lastPost(1)).to.equal(await other.ledger.lastPost(1));
  });

  it('is taken from one that hangs in a transaction, whose connection is ended', async () => {
    const [one, other] = await machines();
    await one.targetLock(1).acquire(false, NEVER);
    const hanging = new pg.Client(placeOf(journals.url).connectionString);
    closeAfterTest(() => hanging.end());
    const ended = new Promise((resolve) => hanging.on('error', resolve));
    await hanging.connect();
    await hanging.query('SET search_path = redrain; BEGIN');
    await hanging.query(
      `SELECT pg_advisory_xact_lock((to_regclass('head')::oid::bigint & 2147483647)::int, 17)`,
    );
    const pid = (await hanging.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number };
    await journals.owner.query('UPDATE target SET lease_until = 1, lease_pid = $1', [pid.pid]);
    expect(await other.targetLock(1).acquire(false, NEVER)).to.not.equal(undefined);
    expect(String(await ended)).to.contain('terminating connection');
  });

  it('leaves a connection alone that is not in the way', async () => {
    const [one, other] = await machines();
    await one.targetLock(1).acquire(false, NEVER);
    const { rows } = await journals.owner.query('SELECT lease_pid AS pid FROM target');
    await journals.owner.query(EXPIRE);
    await other.targetLock(1).acquire(false, NEVER);
    const alive = await journals.owner.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [
      (rows[0] as { pid: number }).pid,
    ]);
    expect(alive.rows).to.have.length(1);
  });
});
