import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { errorCode } from '../../src/files/storage-errors.js';
import { AnswerWatch, isAtWork } from '../../src/postgres/answer-watch.js';
import { loadDriver } from '../../src/postgres/driver.js';
import { end, within } from '../../src/postgres/ending.js';
import { placeOf } from '../../src/postgres/place.js';
import { openStores } from '../../src/postgres/stores.js';
import { newEvent } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals, SERVER } from '../support/postgres-journal.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** So that a test need not wait for seconds. */
const LOOK_MS = 20;

/** A statement that ends when the test lets go of the lock. */
const LONG = 'SELECT pg_advisory_lock(731, 1)';

const server = new URL(SERVER);

describe('a statement on PostgreSQL that has no answer', () => {
  const journals = postgresJournals();
  const direct = placeOf(journals.url);

  async function throughProxy(url = journals.url): Promise<{ proxy: TcpProxy; url: string }> {
    const proxy = await TcpProxy.to({ port: Number(server.port || 5432) });
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  }

  async function connected(connectionString: string) {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    closeAfterTest(() => end(client));
    await client.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    return { client, pid: (rows[0] as { pid: number }).pid };
  }

  /** Watched as connections of the program are; `asked` are the answers of the server. */
  async function watched() {
    const { proxy, url } = await throughProxy();
    const place = placeOf(url);
    const { client, pid } = await connected(place.connectionString);
    const driver = await loadDriver();
    const asked: boolean[] = [];
    const ask = async () => {
      const answer = await isAtWork(driver, place, pid);
      asked.push(answer);
      return answer;
    };
    new AnswerWatch(client, ask, LOOK_MS);
    return { proxy, client, asked };
  }

  /** Lets the statements that wait for it go on. */
  async function givenLock(): Promise<() => Promise<unknown>> {
    const { client } = await connected(direct.connectionString);
    await client.query(LONG);
    return () => client.query('SELECT pg_advisory_unlock(731, 1)');
  }

  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await delay(LOOK_MS);
  };

  it('is waited for as long as the server works on it', async () => {
    const letGo = await givenLock();
    const { client, asked } = await watched();
    const answer = client.query(LONG);
    await until(() => asked.filter(Boolean).length === 3);
    await letGo();
    expect((await answer).rows).to.have.length(1);
    expect((await client.query('SELECT 2 AS two')).rows).to.deep.equal([{ two: 2 }]);
  });

  it('is not at work where the server waits for more of what was sent, but for rows of a table', async () => {
    const { client, pid } = await connected(direct.connectionString);
    const driver = await loadDriver();
    const states: boolean[] = [];
    const { connection } = client as unknown as {
      connection: Record<string, (more: object) => void>;
    };
    const sent = (text: string): void => {
      for (const [step, more] of [
        ['parse', { text }],
        ['bind', {}],
        ['execute', {}],
        ['flush', {}],
      ] as const)
        connection[step]?.(more);
    };
    const isIdle = async (): Promise<boolean> =>
      (
        await journals.owner.query(
          `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'ClientRead' AND state = 'active'`,
          [pid],
        )
      ).rows.length > 0;
    for (const text of ['BEGIN', 'CREATE TEMP TABLE t (n int)', 'COPY t FROM STDIN']) {
      sent(text);
      while (!(await isIdle())) await delay(LOOK_MS);
      states.push(await isAtWork(driver, direct, pid));
    }
    expect(states).to.deep.equal([false, false, true]);
  });

  it('fails when a firewall forgot its connection, as the server says that it works on none', async () => {
    const { proxy, client, asked } = await watched();
    proxy.cutKnown();
    const error = await failureOf(client.query('SELECT 1'));
    expect(errorCode(error)).to.equal('ETIMEDOUT');
    expect(asked).to.deep.equal([false, false]);
    proxy.heal();
    await end(client);
  });

  it('fails when the answer was lost on the way', async () => {
    const letGo = await givenLock();
    const { proxy, client, asked } = await watched();
    const answer = failureOf(client.query(LONG));
    await until(() => asked.includes(true));
    proxy.cutKnown();
    await letGo();
    expect(errorCode(await answer)).to.equal('ETIMEDOUT');
    expect(asked.slice(-2)).to.deep.equal([false, false]);
  });

  it('is not taken for lost by a server that refuses to be asked', async () => {
    const driver = await loadDriver();
    const { rows } = await journals.owner.query('SELECT pg_backend_pid() AS pid');
    const { pid } = rows[0] as { pid: number };
    const refusing = new URL(direct.connectionString);
    refusing.pathname = '/no_such_database';
    expect(await isAtWork(driver, direct, pid)).to.equal(false);
    expect(await isAtWork(driver, placeOf(refusing.href), pid)).to.equal(true);
    expect(await isAtWork(driver, placeOf('postgres://127.0.0.1:9/x'), pid)).to.equal(false);
  });

  it('does not hold up whoever ends or opens a connection', async () => {
    const { proxy, client } = await watched();
    proxy.cut();
    await end(client);
    const { url } = await throughProxy();
    const other = new pg.Client({ connectionString: placeOf(url).connectionString });
    other.on('error', () => undefined);
    const { proxy: silent, url: silentUrl } = await throughProxy();
    silent.cut();
    const late = new pg.Client({ connectionString: placeOf(silentUrl).connectionString });
    late.on('error', () => undefined);
    expect(errorCode(await failureOf(within(50, late, () => late.connect())))).to.equal(
      'ETIMEDOUT',
    );
    await end(late);
    expect(await within(5_000, other, () => other.connect().then(() => 'connected'))).to.equal(
      'connected',
    );
    await end(other);
  });

  it('makes a capture fail, and whoever writes goes on over a network that is there again', async () => {
    const { proxy, url } = await throughProxy(journals.forTest());
    const stores = await openStores(url);
    closeAfterTest(() => stores.close());
    await stores.journal.append([newEvent('before')], 'capture');
    proxy.cut();
    const begun = performance.now();
    const error = await failureOf(stores.journal.append([newEvent('lost')], 'capture'));
    expect(error).to.include({ trouble: 'unreachable' });
    // Silent for 2 s, asked twice for 2 s each, and 5 s for another connection; and a busy machine.
    expect(performance.now() - begun).to.be.lessThan(25_000);
    proxy.heal();
    expect(await stores.journal.append([newEvent('after')], 'capture')).to.deep.equal(['captured']);
  });
});
