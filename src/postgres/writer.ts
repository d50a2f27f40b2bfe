import { setTimeout as delay } from 'node:timers/promises';
import { step } from '../base/steps.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import type { Client } from './driver.js';
import { end } from './ending.js';
import { asStorageError, endsConnection, isPassing } from './errors.js';
import { type LockNumber, lockStatement } from './locks.js';
import { inTransactionOf, isInTransactionOf } from './nesting.js';
import type { Place } from './place.js';
import { assertKnownSchema } from './schema.js';
import { Transaction } from './transaction.js';

/** How often work is done that met a deadlock with a program that is not redrain. */
const MOST_TRIES = 5;

/** The one row about the journal as a whole. */
export interface Head {
  readonly seq: number;
  readonly schema: number;
  readonly home: string;
}

export const HEAD = 'SELECT seq, schema, home FROM head';

/** Counts each transaction that wrote something, in the row of each lock it held alone. */
const COUNT_CHANGE = (lanes: readonly number[]): string => `
  INSERT INTO change AS c (lane, times)
  SELECT lane, 1 FROM unnest(ARRAY[${lanes.join(', ')}]::bigint[]) AS l (lane)
  WHERE pg_current_xact_id_if_assigned() IS NOT NULL
  ON CONFLICT (lane) DO UPDATE SET times = c.times + 1`;

/** A result of one of several statements that were sent at once. */
interface Result {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly unknown[];
}

const UNKNOWN_OUTCOME =
  'the connection broke during COMMIT, so it is not known whether this is stored; doing it again is safe, as what is known is recognised';

const NESTED =
  'a transaction was asked for in the middle of another one, and each would wait for the other: hand the transaction on instead';

/** The one connection of this process that writes; transactions follow one another. */
export class Writer {
  readonly #place: Place;
  readonly #connect: () => Promise<Client>;
  readonly #onHead: (head: Head) => void;
  #client: Client | undefined;
  #space: number | undefined;
  #pid: number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Changes that this connection counted in `change`. */
  #counted = 0;

  constructor(place: Place, connect: () => Promise<Client>, onHead: (head: Head) => void) {
    this.#place = place;
    this.#connect = connect;
    this.#onHead = onHead;
  }

  get counted(): number {
    return this.#counted;
  }

  /** The backend of the server that writes for this process; undefined before the first. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Runs `work` in a transaction that holds `locks`, after all that were asked for before it. */
  async write<T>(locks: readonly LockNumber[], work: (tx: Transaction) => Promise<T>): Promise<T> {
    this.assertOutside();
    return this.#inTurn(() => this.#writeNow(locks, (tx) => inTransactionOf(this, () => work(tx))));
  }

  /** Fails, while nesting is watched, for whoever is called by the work of a transaction, however far below. */
  assertOutside(): void {
    if (isInTransactionOf(this)) throw new Error(NESTED);
  }

  /** Connects, where it is not connected. */
  async open(): Promise<void> {
    await this.#inTurn(() => this.#connected());
  }

  /** Ends the connection after the transactions that were asked for. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#client !== undefined) await end(this.#client);
      this.#client = undefined;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    // Whoever waits for this turn hears of its failure; the next one starts all the same.
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #writeNow<T>(
    locks: readonly LockNumber[],
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const [client, head] = await this.#begin(locks);
      try {
        const result = await work(new Transaction(client, head.seq, this.#space ?? 0));
        await this.#commit(client, locks);
        return result;
      } catch (error) {
        await this.#rollBack(client, error);
        // Before COMMIT was sent nothing can be stored, and all of it may be done on another connection.
        const mayPass = endsConnection(error) ? tries === 1 : isPassing(error);
        if (!mayPass || tries === MOST_TRIES) throw asStorageError(this.#place.shown, error);
        await delay(20 * tries * Math.random());
      }
    }
  }

  /** A connection that broke since its last use is replaced once: nothing of the work was done yet. */
  async #begin(locks: readonly LockNumber[]): Promise<[Client, Head]> {
    const kept = this.#client;
    try {
      return await this.#beginOn(await this.#connected(), locks);
    } catch (error) {
      if (kept === undefined || !endsConnection(error))
        throw asStorageError(this.#place.shown, error);
    }
    try {
      return await this.#beginOn(await this.#connected(), locks);
    } catch (error) {
      throw asStorageError(this.#place.shown, error);
    }
  }

  async #beginOn(client: Client, locks: readonly LockNumber[]): Promise<[Client, Head]> {
    const space = this.#space ?? 0;
    const statements = ['BEGIN', ...locks.map((lock) => lockStatement(space, lock)), HEAD];
    try {
      const results = (await client.query(statements.join('; '))) as unknown as Result[];
      const head = results.at(-1)?.rows[0] as Head | undefined;
      if (head === undefined)
        throw new StorageUnavailableError(this.#place.shown, 'corrupt', 'it has no head row');
      assertKnownSchema(head.schema, this.#place.shown);
      this.#onHead(head);
      return [client, head];
    } catch (error) {
      await this.#rollBack(client, error);
      throw error;
    }
  }

  async #commit(client: Client, locks: readonly LockNumber[]): Promise<void> {
    const lanes = locks.filter(({ shared }) => !shared).map(({ lane }) => lane);
    step('storage.commit');
    let results: Result[];
    try {
      const text = `${COUNT_CHANGE(lanes)}; COMMIT`;
      results = (await client.query(text)) as unknown as Result[];
    } catch (error) {
      throw endsConnection(error)
        ? asStorageError(this.#place.shown, error, UNKNOWN_OUTCOME)
        : error;
    }
    this.#counted += results[0]?.rowCount ?? 0;
    if (results.at(-1)?.command !== 'COMMIT')
      throw new StorageUnavailableError(
        this.#place.shown,
        'io',
        'the server rolled back at COMMIT',
      );
  }

  /** On any error nothing is stored; a connection that cannot roll back is not used again. */
  async #rollBack(client: Client, cause: unknown): Promise<void> {
    if (cause instanceof StorageUnavailableError || endsConnection(cause))
      return this.#drop(client);
    try {
      await client.query('ROLLBACK');
    } catch {
      this.#drop(client);
    }
  }

  #drop(client: Client): void {
    if (this.#client === client) this.#client = undefined;
    // What does not end in order is cut: the server rolls back.
    void end(client);
  }

  async #connected(): Promise<Client> {
    if (this.#client === undefined) {
      const client = await this.#connect();
      const { space, pid } = await identityOf(client);
      this.#space = space ?? 0;
      this.#pid = pid;
      this.#client = client;
    }
    return this.#client;
  }
}

interface Identity {
  readonly space: number | null;
  readonly pid: number;
}

/** Locks are counted per database: the number of its table tells one journal from others there. */
const IDENTITY = `
  SELECT to_regclass('head')::oid::bigint & 2147483647 AS space, pg_backend_pid() AS pid`;

async function identityOf(client: Client): Promise<Identity> {
  return (await client.query<Identity>(IDENTITY)).rows[0] as Identity;
}
