import * as sql from './received.sql.js';
import type { OnceOutcome, OnceStore } from './store.js';

/** What is needed of a client of the `pg` package. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  off?(event: 'error', listener: (error: Error) => void): unknown;
}

/** What is needed of a result of the `pg` package. */
export interface PostgresResult {
  // biome-ignore lint/suspicious/noExplicitAny: rows are what the statement makes them
  readonly rows: any[];
  readonly rowCount: number | null;
  readonly command: string;
}

/** What is needed of a pool of the `pg` package. */
export interface PostgresPool {
  readonly totalCount: number;
  connect(): Promise<PostgresClient & { release(error?: Error | boolean): void }>;
}

/**
 * Keeps the ids of received events in a PostgreSQL database, beside what the
 * effects write. Give it your `pg` pool, or one connected client that nothing
 * else uses. Effects write through the client they are given; those of one
 * request run one after another and share a commit.
 */
export function postgresStore(pool: PostgresPool | PostgresClient): OnceStore<PostgresClient> {
  return new PostgresOnceStore('totalCount' in pool ? fromPool(pool) : alone(pool));
}

/** A client that is ours until it is released; a broken one is of no use to others. */
interface Taken {
  readonly client: PostgresClient;
  release(isBroken: boolean): void;
}

type Connections = () => Promise<Taken>;

const fromPool =
  (pool: PostgresPool): Connections =>
  async () => {
    const client = await pool.connect();
    client.on?.('error', heard);
    const release = (isBroken: boolean): void => {
      client.off?.('error', heard);
      client.release(isBroken);
    };
    return { client, release };
  };

/** A connection that breaks fails its statement, and says so in an event as well: unheard, that would end the process. */
function heard(): void {}

/** One client for all: each waits for the one before. */
function alone(client: PostgresClient): Connections {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const before = last;
    const { promise, resolve } = settledLater();
    last = promise;
    await before;
    return { client, release: resolve };
  };
}

function settledLater(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

class PostgresOnceStore implements OnceStore<PostgresClient> {
  readonly #connections: Connections;
  #table: Promise<void> | undefined;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async once(
    ids: readonly string[],
    effect: (index: number, client: PostgresClient) => unknown,
  ): Promise<readonly OnceOutcome[]> {
    await this.#ready();
    return this.#with((client) => inTransaction(client, () => effects(client, ids, effect)));
  }

  /** The table is made once; when that fails, the next request tries again. */
  #ready(): Promise<void> {
    this.#table ??= this.#create().catch((error: unknown) => {
      this.#table = undefined;
      throw error;
    });
    return this.#table;
  }

  /** A role that may not create tables needs none to be created. */
  #create(): Promise<void> {
    return this.#with(async (client) => {
      const { rows } = await client.query(sql.POSTGRES_EXISTS);
      if (rows[0]?.found !== true) await client.query(sql.POSTGRES_CREATE);
    });
  }

  /** After an error nobody knows in what state a connection is: the next request gets another. */
  async #with<T>(work: (client: PostgresClient) => Promise<T>): Promise<T> {
    const { client, release } = await this.#connections();
    let isBroken = true;
    try {
      const result = await work(client);
      isBroken = false;
      return result;
    } finally {
      release(isBroken);
    }
  }
}

async function inTransaction<T>(client: PostgresClient, work: () => Promise<T>): Promise<T> {
  await client.query(sql.POSTGRES_BEGIN);
  try {
    const result = await work();
    // PostgreSQL takes COMMIT for a transaction that failed, and rolls it back.
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new Error(`the transaction was not committed: ${command}`);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Ids first, in one statement, then the effects of the new ones; the ids of those that threw are taken back. */
async function effects(
  client: PostgresClient,
  ids: readonly string[],
  effect: (index: number, client: PostgresClient) => unknown,
): Promise<OnceOutcome[]> {
  const { rows } = await client.query(sql.POSTGRES_RECORD, [ids]);
  const open = new Set<string>(rows.map(({ id }) => id));
  const outcomes: OnceOutcome[] = [];
  for (const [index, id] of ids.entries()) {
    const outcome = open.has(id) ? await run(client, () => effect(index, client)) : 'duplicate';
    if (outcome === 'success') open.delete(id);
    outcomes.push(outcome);
  }
  if (open.size > 0) await client.query(sql.POSTGRES_FORGET, [[...open]]);
  return outcomes;
}

async function run(client: PostgresClient, effect: () => unknown): Promise<OnceOutcome> {
  await client.query('SAVEPOINT redrain_effect');
  try {
    await effect();
    // Refused when a statement of the effect failed, whether or not the effect says so.
    await client.query('RELEASE SAVEPOINT redrain_effect');
    return 'success';
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT redrain_effect');
    return { error };
  }
}
