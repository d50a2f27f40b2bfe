import { setTimeout as delay } from 'node:timers/promises';
import { step } from '../base/steps.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import type { Client } from './driver.js';
import { end } from './ending.js';
import { asStorageError, endsConnection, isPassing, wasNotSent } from './errors.js';
import { LOCK, LOCK_SHARED, type LockNumber } from './locks.js';
import { inTransactionOf, isInTransactionOf } from './nesting.js';
import type { Place } from './place.js';
import { assertKnownSchema } from './schema.js';
import { Queries, Transaction } from './transaction.js';

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
const COUNT_CHANGE = `
  INSERT INTO change AS c (lane, times)
  SELECT lane, 1 FROM unnest(@lanes::bigint[]) AS l (lane)
  WHERE pg_current_xact_id_if_assigned() IS NOT NULL
  ON CONFLICT (lane) DO UPDATE SET times = c.times + 1`;

/** The work of a transaction, in parts. */
export interface Work<T, O> {
  /** Reads that go to the server together with the locks, and are done under them. */
  readonly opening?: (queries: Queries) => Promise<O>;
  readonly rest: (tx: Transaction, opened: O) => Promise<T>;
  /**
   * Done once more after it was stored, it comes to the same (`tx.mayBeStored` tells it to look): so
   * it is, where the connection broke during COMMIT.
   */
  readonly isRepeatable?: true;
}

/** The connection broke during COMMIT. */
class UnknownOutcomeError extends StorageUnavailableError {
  constructor(shown: string, cause: unknown) {
    super(shown, 'unreachable', UNKNOWN_OUTCOME, { cause });
  }
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
  async write<T, O>(locks: readonly LockNumber[], work: Work<T, O>): Promise<T> {
    this.assertOutside();
    return this.#inTurn(() => this.#writeNow(locks, work));
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

  async #writeNow<T, O>(locks: readonly LockNumber[], work: Work<T, O>): Promise<T> {
    let mayBeStored = false;
    for (let tries = 1; ; tries += 1)
      try {
        return await this.#tryNow(locks, work, mayBeStored);
      } catch (error) {
        mayBeStored ||= error instanceof UnknownOutcomeError;
        // Before COMMIT was sent nothing can be stored, and all of it may be done on another connection.
        const mayRepeat = !mayBeStored || work.isRepeatable === true;
        const mayPass = breaksConnection(error) ? tries === 1 : isPassing(error);
        if (!mayRepeat || !mayPass || tries === MOST_TRIES) throw this.#told(error, mayBeStored);
        await delay(20 * tries * Math.random());
      }
  }

  async #tryNow<T, O>(
    locks: readonly LockNumber[],
    { opening, rest }: Work<T, O>,
    mayBeStored: boolean,
  ): Promise<T> {
    const [client, head, opened] = await this.#begin(locks, opening);
    try {
      const tx = new Transaction(client, { head: head.seq, space: this.#space ?? 0, mayBeStored });
      const result = await inTransactionOf(this, () => rest(tx, opened));
      await this.#commit(tx, locks);
      return result;
    } catch (error) {
      await this.#rollBack(client, error);
      throw error;
    }
  }

  /** What callers hear. What failed when it was done again is stored all the same, perhaps. */
  #told(error: unknown, mayBeStored: boolean): unknown {
    const failure = asStorageError(this.#place.shown, error);
    if (!mayBeStored || error instanceof UnknownOutcomeError) return failure;
    if (!(failure instanceof StorageUnavailableError)) return failure;
    return new UnknownOutcomeError(this.#place.shown, failure);
  }

  /** A connection that broke since its last use is replaced once: nothing of the work was done yet. */
  async #begin<O>(
    locks: readonly LockNumber[],
    opening: Work<unknown, O>['opening'],
  ): Promise<[Client, Head, O]> {
    const kept = this.#client;
    try {
      return await this.#beginOn(await this.#connected(), locks, opening);
    } catch (error) {
      if (kept === undefined || !endsConnection(error)) throw error;
    }
    return this.#beginOn(await this.#connected(), locks, opening);
  }

  async #beginOn<O>(
    client: Client,
    locks: readonly LockNumber[],
    opening: Work<unknown, O>['opening'],
  ): Promise<[Client, Head, O]> {
    const queries = new Queries(client);
    try {
      queries.later('BEGIN');
      for (const { lane, shared } of locks)
        queries.later(shared ? LOCK_SHARED : LOCK, { space: this.#space ?? 0, lane });
      const heads = queries.get<Head>(HEAD);
      const openings = (async () => (await opening?.(queries)) as O)();
      const [first, opened] = await Promise.allSettled([heads, openings]);
      if (first.status === 'rejected') throw first.reason;
      this.#assertExpected(first.value);
      if (opened.status === 'rejected') throw opened.reason;
      return [client, first.value, opened.value];
    } catch (error) {
      await this.#rollBack(client, error);
      throw error;
    }
  }

  #assertExpected(head: Head | undefined): asserts head is Head {
    if (head === undefined)
      throw new StorageUnavailableError(this.#place.shown, 'corrupt', 'it has no head row');
    assertKnownSchema(head.schema, this.#place.shown);
    this.#onHead(head);
  }

  async #commit(tx: Transaction, locks: readonly LockNumber[]): Promise<void> {
    const lanes = locks.filter(({ shared }) => !shared).map(({ lane }) => lane);
    step('storage.commit');
    const [counted, { command }] = await Promise.all([
      tx.run(COUNT_CHANGE, { lanes }),
      tx.result('COMMIT'),
    ]).catch((error: unknown) => {
      throw endsConnection(error) && !wasNotSent(error)
        ? new UnknownOutcomeError(this.#place.shown, error)
        : error;
    });
    this.#counted += counted;
    if (command !== 'COMMIT')
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

function breaksConnection(error: unknown): boolean {
  return error instanceof UnknownOutcomeError || endsConnection(error);
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
