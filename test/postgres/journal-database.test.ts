import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { NewerSchemaError, StorageUnavailableError } from '../../src/files/storage-errors.js';
import { JournalDatabase } from '../../src/postgres/journal-database.js';
import { StorageUrlError } from '../../src/postgres/place.js';
import { openStores, openStoresReadOnly, type PostgresStores } from '../../src/postgres/stores.js';
import type { Transaction } from '../../src/postgres/transaction.js';
import { newEvent, newEvents } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { beforeEachTrip, endAfter } from '../support/postgres-trips.js';
import { closeAfterTest } from '../support/temporary-home.js';

describe('a journal on PostgreSQL', () => {
  const journals = postgresJournals();

  async function opened(url = journals.forTest(), busyTimeoutMs = 300): Promise<PostgresStores> {
    const stores = await openStores(url, { busyTimeoutMs });
    closeAfterTest(() => stores.close());
    return stores;
  }

  const endConnections = (role: 'reader' | 'writer') =>
    rows(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = '${journals.name}' AND application_name LIKE 'redrain ${role}%'`);

  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await journals.owner.query(sql)).rows;

  it('numbers the events of several processes in commit order, without gaps', async () => {
    const url = journals.forTest();
    // Each waits for the others, however busy the machine is.
    const writers = await Promise.all(Array.from({ length: 3 }, () => opened(url, 60_000)));
    await Promise.all(
      writers.flatMap((stores, i) =>
        Array.from({ length: 20 }, async (_, n) => {
          const events = newEvents(2, `w${i}-${n}`);
          await stores.journal.append([...events, newEvent('shared')], 'capture');
        }),
      ),
    );
    expect(await writers[0]?.journal.head()).to.equal(121);
    const [found] = await rows(
      'SELECT count(*)::int AS events, min(seq)::int AS first, max(seq)::int AS last FROM event',
    );
    expect(found).to.deep.equal({ events: 121, first: 1, last: 121 });
    const [counted] = await rows('SELECT events::int, retained::int FROM journal_count');
    expect(counted).to.deep.equal({ events: 121, retained: 121 });
  });

  it('lets calls that wait share a transaction, and fails none but the one that cannot be stored', async () => {
    const stores = await opened();
    const impossible = newEvent('impossible', { capturedAt: null as never });
    const outcomes = await Promise.all(
      [newEvents(2, 'a'), [impossible], newEvents(2, 'b')].map((events) =>
        stores.journal.append(events, 'capture').catch((error: Error) => error),
      ),
    );
    expect(outcomes[0]).to.deep.equal(['captured', 'captured']);
    expect(outcomes[1]).to.be.instanceOf(Error);
    expect(outcomes[2]).to.deep.equal(['captured', 'captured']);
    const before = await stores.version();
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => stores.journal.append(newEvents(1, `c${i}`), 'capture')),
    );
    expect(await stores.journal.head()).to.equal(54);
    expect(Number(await stores.version()) - Number(before)).to.equal(1);
  });

  it('knows duplicates by value, keeps the bytes it had first, and keeps conflicts once', async () => {
    const { journal } = await opened();
    const text = (value: string) => newEvent('x', { bytes: Buffer.from(value) });
    const append = async (value: string) => (await journal.append([text(value)], 'capture'))[0];
    expect(await append('{"event_id":"x","n":1e2}')).to.equal('captured');
    expect(await append('{ "n":100.0, "event_id":"x" }')).to.equal('duplicate');
    for (const n of [2, 3, 2])
      expect(await append(`{"event_id":"x","n":${n}}`)).to.equal('conflict');
    expect(await rows("SELECT convert_from(bytes, 'UTF8') AS text FROM payload")).to.deep.equal([
      { text: '{"event_id":"x","n":1e2}' },
    ]);
    expect(await rows('SELECT id::int, existing_seq::int FROM conflict ORDER BY id')).to.deep.equal(
      [
        { id: 1, existing_seq: 1 },
        { id: 2, existing_seq: 1 },
      ],
    );
  });

  it('takes back the earlier event of a key that nobody was offered', async () => {
    const { journal } = await opened();
    const keyed = (id: string) => newEvent(id, { coalesceKey: 'k' });
    await journal.append([keyed('a'), keyed('b')], 'capture');
    await journal.append([keyed('c')], 'capture');
    expect(await rows('SELECT seq::int FROM live')).to.deep.equal([{ seq: 3 }]);
    expect(await rows('SELECT seq::int, class, other_seq::int FROM mark ORDER BY 1')).to.deep.equal(
      [
        { seq: 1, class: 'coalesced', other_seq: 2 },
        { seq: 2, class: 'coalesced', other_seq: 3 },
      ],
    );
    expect(await rows('SELECT class, events::int FROM journal_count ORDER BY 1')).to.deep.equal([
      { class: 'coalesced', events: 2 },
      { class: 'live', events: 1 },
    ]);
  });

  it('connects again after its connections were ended, and says what it could not do', async () => {
    const stores = await opened();
    await stores.journal.append(newEvents(1, 'a'), 'capture');
    await endConnections('writer');
    expect(await stores.journal.append(newEvents(1, 'b'), 'capture')).to.deep.equal(['captured']);
    const broken = stores.db.write('journal', async (tx) => {
      await endConnections('writer');
      await tx.run('DELETE FROM live');
    });
    const failure = await failureOf(broken);
    expect(failure).to.be.instanceOf(StorageUnavailableError);
    expect(String(failure)).to.contain(`PostgreSQL database "${journals.name}" at 127.0.0.1:5432`);
    expect(await stores.journal.append(newEvents(1, 'c'), 'capture')).to.deep.equal(['captured']);
    expect(await rows('SELECT count(*)::int AS live FROM live')).to.deep.equal([{ live: 3 }]);
  });

  it('reads once more where a connection ends in use, on a new one', async () => {
    const stores = await opened();
    const { db } = stores;
    await stores.journal.append(newEvents(2, 'a'), 'capture');
    const FIRST = 'SELECT min(seq) AS seq, pg_backend_pid() AS pid FROM event';
    // Several are kept, and all of them end.
    await Promise.all(Array.from({ length: 3 }, () => db.get('SELECT pg_sleep(0.05)')));
    const pids: number[] = [];
    const found = await db.read(async (queries) => {
      const row = await queries.get<{ seq: number; pid: number }>(FIRST);
      pids.push(row?.pid ?? 0);
      if (pids.length === 1) await endConnections('reader');
      return [row?.seq, (await queries.get<{ n: number }>('SELECT count(*) AS n FROM event'))?.n];
    });
    expect(found).to.deep.equal([1, 2]);
    expect(new Set(pids)).to.have.property('size', 2);
    const always = db.read(async (queries) => {
      await endConnections('reader');
      return queries.get(FIRST);
    });
    expect(await failureOf(always)).to.include({ trouble: 'unreachable' });
    expect(await db.get<{ seq: number }>(FIRST)).to.include({ seq: 1 });
  });

  it('writes once more where its connection ends before COMMIT', async () => {
    const { db } = await opened();
    let tries = 0;
    await db.write('journal', async (tx) => {
      tries += 1;
      await tx.run('UPDATE head SET seq = seq + 1');
      if (tries === 1) await endConnections('writer');
      await tx.run('UPDATE head SET seq = seq + 1');
    });
    expect(tries).to.equal(2);
    expect(await rows('SELECT seq::int FROM head')).to.deep.equal([{ seq: 2 }]);
  });

  it('does again what met a deadlock, also in the reads that it begins with', async () => {
    const { db } = await opened(journals.forTest(), 10_000);
    await db.get('SELECT 1');
    const { owner } = journals;
    await owner.query('BEGIN; LOCK TABLE flight IN ACCESS EXCLUSIVE MODE');
    const writing = db.write('journal', {
      opening: (queries) => queries.get<{ n: number }>('SELECT count(*) AS n FROM flight'),
      rest: async (tx, found) => [found?.n, await tx.run('UPDATE head SET seq = seq + 1')],
    });
    const waits = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'flight'::regclass`;
    while ((await rows(waits)).length === 0) await delay(20);
    // Each waits for the other now. The server ends the one that has waited longer.
    await owner.query('LOCK TABLE head IN ACCESS EXCLUSIVE MODE');
    await owner.query('COMMIT');
    expect(await writing).to.deep.equal([0, 1]);
    expect(await rows('SELECT seq::int FROM head')).to.deep.equal([{ seq: 1 }]);
  });

  it('says that the outcome is not known, also where what may be repeated cannot be', async () => {
    const { db } = await opened();
    const rest = (tx: Transaction) => tx.run('UPDATE head SET seq = seq + 1');
    for (const [isRepeatable, connects] of [
      [undefined, true],
      [true, false],
    ] as const) {
      await db.write('journal', rest);
      let trips = 0;
      const restore = beforeEachTrip((client, trip) => {
        trips += 1;
        // BEGIN, the work with COMMIT behind it, and nothing after them.
        if (trips === 3) endAfter(client, trip);
        return undefined;
      });
      const { connect } = pg.Client.prototype;
      if (!connects)
        pg.Client.prototype.connect = async () => {
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        };
      const failure = await failureOf(
        db.write('journal', { rest, ...(isRepeatable && { isRepeatable }) }),
      );
      pg.Client.prototype.connect = connect;
      restore();
      expect(failure).to.be.instanceOf(StorageUnavailableError);
      expect(failure.message).to.contain('not known whether this is stored');
    }
    expect(await rows('SELECT seq::int FROM head')).to.deep.equal([{ seq: 4 }]);
  });

  it('refuses a write inside a write, which would wait for itself', async () => {
    const { db, journal } = await opened();
    const nested = db.write('journal', async (tx) => {
      await tx.run('UPDATE head SET seq = seq + 1');
      await new Promise((resolve) => setImmediate(resolve));
      await db.write('journal', (inner) => inner.run('UPDATE head SET seq = seq + 1'));
    });
    expect(String(await failureOf(nested))).to.contain('in the middle of another one');
    const first = journal.append(newEvents(1, 'first'), 'capture');
    const appending = db.write('journal', () => journal.append(newEvents(1, 'inner'), 'capture'));
    expect(String(await failureOf(appending))).to.contain('in the middle of another one');
    expect(await first).to.deep.equal(['captured']);
    expect(await rows('SELECT seq::int FROM head')).to.deep.equal([{ seq: 1 }]);
  });

  it('lets a write of another journal be inside a write, and refuses the way back', async () => {
    const { db } = await opened();
    const other = await JournalDatabase.open(`${journals.url}?schema=beside`);
    closeAfterTest(async () => {
      await other.close();
      await journals.owner.query('DROP SCHEMA beside CASCADE');
    });
    const one = 'UPDATE head SET seq = seq + 1';
    await db.write('journal', () => other.write('journal', (tx) => tx.run(one)));
    const back = db.write('journal', () =>
      other.write('journal', () => db.write('journal', (tx) => tx.run(one))),
    );
    expect(String(await failureOf(back))).to.contain('in the middle of another one');
    expect(await rows('SELECT seq::int FROM head')).to.deep.equal([{ seq: 0 }]);
    expect(await other.get('SELECT seq FROM head')).to.deep.equal({ seq: 1 });
  });

  it('gives up after its patience behind a lock, and stores nothing', async () => {
    const url = journals.forTest();
    const [holder, waiter] = [await opened(url), await opened(url)];
    const failure = await holder.db.write('journal', () =>
      failureOf(waiter.journal.append(newEvents(1), 'capture')),
    );
    expect(failure).to.include({ code: 'STORAGE_UNAVAILABLE', trouble: 'busy' });
    expect(await waiter.journal.head()).to.equal(0);
    expect(await waiter.journal.append(newEvents(1), 'capture')).to.deep.equal(['captured']);
  });

  it('tells its own changes from those of others, and counts no transaction that wrote nothing', async () => {
    const url = journals.forTest();
    const [mine, others] = [await opened(url), await opened(url)];
    await mine.db.write('journal', (tx) => tx.all('SELECT 1 AS one'));
    expect(await mine.version()).to.equal('0');
    await others.journal.append(newEvents(1), 'capture');
    expect(await mine.version()).to.equal('1');
    expect(await mine.versionOfOthers()).to.equal('1');
    expect(await others.versionOfOthers()).to.equal('0');
  });

  it('refuses to go on with the tables of another journal', async () => {
    const stores = await opened();
    await stores.journal.append(newEvents(1), 'capture');
    const swap = (home: string) => `
      ALTER TABLE head DISABLE TRIGGER head_no_way_back; UPDATE head SET home = ${home};
      ALTER TABLE head ENABLE ALWAYS TRIGGER head_no_way_back`;
    await rows(swap('reverse(home)'));
    const failure = await failureOf(stores.journal.append(newEvents(1, 'b'), 'capture'));
    expect(failure).to.include({ trouble: 'replaced' });
    expect(stores.isReplaced()).to.equal(true);
    expect(await failureOf(stores.journal.head())).to.include({ trouble: 'replaced' });
  });

  it('leaves the journal of a newer redrain as it is', async () => {
    const stores = await opened();
    closeAfterTest(() => rows('UPDATE head SET schema = 1'));
    await rows('UPDATE head SET schema = 99');
    for (const use of [
      () => stores.journal.append(newEvents(1), 'capture'),
      () => stores.assertCurrent(),
      () => openStores(journals.url),
      () => openStoresReadOnly(journals.url),
    ])
      expect(await failureOf(use())).to.be.instanceOf(NewerSchemaError);
    expect(await rows('SELECT count(*)::int AS events FROM event')).to.deep.equal([{ events: 0 }]);
  });

  it('is not made by opening it to read', async () => {
    const url = `${journals.url}?schema=elsewhere`;
    expect(await openStoresReadOnly(url)).to.equal(undefined);
    expect(await rows("SELECT to_regnamespace('elsewhere') AS found")).to.deep.equal([
      { found: null },
    ]);
  });

  it('is made once by processes that start together', async () => {
    const url = `${journals.url}?schema=together`;
    closeAfterTest(() => rows('DROP SCHEMA IF EXISTS together CASCADE'));
    const all = await Promise.all(Array.from({ length: 3 }, () => opened(url)));
    for (const [i, { journal }] of all.entries())
      await journal.append(newEvents(1, `${i}`), 'capture');
    expect(await all[0]?.journal.head()).to.equal(3);
  });

  it('says what a URL lacks, and never shows its password', async () => {
    const open = (url: string) => failureOf(JournalDatabase.open(url));
    expect(await open('mysql://h/d')).to.be.instanceOf(StorageUrlError);
    expect(String(await open('postgres://h'))).to.contain('names no database');
    expect(String(await open('postgres://h/d?schema=A-b'))).to.contain('"A-b"');
    const failure = await open('postgres://u:s3cret@127.0.0.1:9/d');
    expect(failure).to.include({ code: 'STORAGE_UNAVAILABLE', trouble: 'unreachable' });
    expect(String(failure)).to.contain('database "d" at 127.0.0.1:9').and.not.contain('s3cret');
  });
});
