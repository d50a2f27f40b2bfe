import { expect } from 'chai';
import {
  type OnceOutcome,
  type OnceStore,
  type PostgresClient,
  type PostgresPool,
  postgresStore,
} from '../../src/receive/index.js';
import { withoutEngine } from '../support/engines.js';
import {
  type PostgresServer,
  postgresDriver,
  postgresPrograms,
  startPostgres,
} from '../support/postgres-server.js';
import { closeAfterTest } from '../support/temporary-home.js';

interface Driver {
  readonly Pool: new (
    settings: object,
  ) => PostgresPool &
    PostgresClient & { end(): Promise<void>; on(event: 'error', listener: () => void): unknown };
  readonly Client: new (
    settings: object,
  ) => PostgresClient & { connect(): Promise<void>; end(): Promise<void> };
}

const driver = postgresDriver() as Driver | undefined;

describe('the PostgreSQL store of the receiver kit', () => {
  before(function () {
    if (driver === undefined) withoutEngine(this, 'PostgreSQL', 'the package pg is not installed');
    if (postgresPrograms() === undefined)
      withoutEngine(this, 'PostgreSQL', 'its programs are not on this machine');
  });

  const { Pool, Client } = driver ?? ({} as Driver);

  async function given() {
    const server = await startPostgres();
    const pool = connected(server);
    await pool.query('CREATE TABLE effect (id text)');
    const column = async (sql: string) => (await pool.query(sql)).rows.map((row) => row.id);
    return {
      server,
      pool,
      store: postgresStore(pool),
      effects: () => column('SELECT id FROM effect ORDER BY ctid'),
      ids: () => column('SELECT id FROM received_event_ids ORDER BY id'),
    };
  }

  function connected(server: PostgresServer, settings = {}) {
    const pool = new Pool({ ...server, max: 4, ...settings });
    // A connection that breaks while it is idle is no concern of a test.
    pool.on('error', () => undefined);
    closeAfterTest(() => pool.end());
    return pool;
  }

  const insert = (client: PostgresClient, id: string) =>
    client.query('INSERT INTO effect VALUES ($1)', [id]);
  const take = (store: OnceStore<PostgresClient>, ...ids: string[]) =>
    store.once(ids, (index, client) => insert(client, ids[index]!));

  it('commits the effects of a request together, each once', async () => {
    const { store, effects, ids } = await given();
    expect(await take(store, 'b', 'a', 'b')).to.deep.equal(['success', 'success', 'duplicate']);
    expect(await take(store, 'a', 'c')).to.deep.equal(['duplicate', 'success']);
    expect(await effects()).to.deep.equal(['b', 'a', 'c']);
    expect(await ids()).to.deep.equal(['a', 'b', 'c']);
  });

  it('undoes an effect that throws or whose statement failed, with its id, and nothing else', async () => {
    const { store, effects, ids } = await given();
    const wanted = ['a', 'throws', 'hides', 'd'];
    const outcomes = await store.once(wanted, async (index, client) => {
      await insert(client, wanted[index]!);
      if (wanted[index] === 'throws') throw new Error('no');
      if (wanted[index] === 'hides') await client.query('SELECT nothing').catch(() => undefined);
    });
    expect(outcomes.map(kindOf)).to.deep.equal(['success', 'error', 'error', 'success']);
    expect(await effects()).to.deep.equal(['a', 'd']);
    expect(await ids()).to.deep.equal(['a', 'd']);
    expect(await take(store, 'throws')).to.deep.equal(['success']);
  });

  it('runs an effect once when the same events come in many requests at once, in any order', async () => {
    const { store, effects } = await given();
    const wanted = Array.from({ length: 50 }, (_, index) => `e-${index}`);
    const requests = Array.from({ length: 12 }, (_, n) => (n % 2 ? [...wanted].reverse() : wanted));
    const outcomes = await Promise.all(requests.map((ids) => take(store, ...ids)));
    expect(outcomes.flat().filter((outcome) => outcome === 'success')).to.have.length(50);
    expect(outcomes.flat().filter((outcome) => outcome === 'duplicate')).to.have.length(550);
    expect(new Set(await effects()).size).to.equal(50);
  });

  it('stores nothing when the connection breaks, and all of it with the next', async () => {
    const { store, pool, effects } = await given();
    const broken = await store
      .once(['a', 'b'], async (index, client) => {
        await insert(client, 'ab'[index]!);
        if (index === 0) return;
        const pid = (await client.query('SELECT pg_backend_pid() AS id')).rows[0].id;
        await pool.query('SELECT pg_terminate_backend($1)', [pid]);
        await client.query('SELECT 1');
      })
      .then(() => 'taken')
      .catch(() => 'failed');
    expect(broken).to.equal('failed');
    expect(await effects()).to.deep.equal([]);
    expect(await take(store, 'a', 'b')).to.deep.equal(['success', 'success']);
  });

  it('waits for the disk where the server is set not to', async () => {
    const { server, store } = await given();
    const hasty = postgresStore(connected(server, { options: '-c synchronous_commit=off' }));
    const careful = postgresStore(connected(server, { options: '-c synchronous_commit=local' }));
    const settings: string[] = [];
    for (const [index, each] of [store, hasty, careful].entries())
      await each.once([`e-${index}`], async (_, client) => {
        settings.push((await client.query('SHOW synchronous_commit')).rows[0].synchronous_commit);
      });
    expect(settings).to.deep.equal(['on', 'on', 'local']);
  });

  it('needs no right to create tables when the table is there, and one client is enough', async () => {
    const { server, pool, store } = await given();
    await take(store, 'a');
    await pool.query('CREATE ROLE app LOGIN');
    await pool.query('GRANT SELECT, INSERT, DELETE ON received_event_ids, effect TO app');
    await pool.query('REVOKE CREATE ON SCHEMA public FROM public');
    const client = new Client({ ...server, user: 'app' });
    await client.connect();
    closeAfterTest(() => client.end());
    const own = postgresStore(client);
    const outcomes = await Promise.all([take(own, 'a', 'b'), take(own, 'b', 'c')]);
    expect(outcomes).to.deep.equal([
      ['duplicate', 'success'],
      ['duplicate', 'success'],
    ]);
  });
});

function kindOf(outcome: OnceOutcome): string {
  return typeof outcome === 'string' ? outcome : 'error';
}
