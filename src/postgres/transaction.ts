import { type BinaryRow, CopyOut } from './copy-out.js';
import type { Client, Result } from './driver.js';
import { LOCK, LOCK_SHARED, type Lock, lockNumbers } from './locks.js';
import { type Query, sendTogether } from './round-trip.js';
import { type Prepared, prepared, type Values, withNumbers } from './statements.js';

/** The class of queries that belongs to a client; its types of values are those of the client. */
type QueryClass = new (
  statement: Prepared & { readonly types: Client },
  ended: (error: Error | null, result: Result) => void,
) => Query;

/** Makes the query of a statement. */
type Asking<T> = (resolve: (answer: T) => void, reject: (error: Error) => void) => Query;

/**
 * Statements on one connection, each prepared once and kept. Those that are asked for without a wait
 * between them go in one round trip: they are done in that order, and where one fails, those after
 * it are not done and fail with it.
 */
export class Queries {
  readonly #client: Client;
  /** What goes with the next round trip. */
  #waiting: Query[] = [];
  #isLeaving = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** All rows. Aliases in camelCase need quotes in the statement. */
  async all<R extends object>(sql: string, values?: Values): Promise<R[]> {
    return (await this.result(sql, values)).rows as R[];
  }

  /** The first row. */
  async get<R extends object>(sql: string, values?: Values): Promise<R | undefined> {
    return (await this.all<R>(sql, values))[0];
  }

  /**
   * Rows of a statement whose values are whole numbers, where there are many: `read` is given one
   * after the other. It is planned each time.
   */
  async many<R>(
    sql: string,
    values: Readonly<Record<string, number | readonly number[]>>,
    read: (row: BinaryRow) => R,
  ): Promise<R[]> {
    const rows: R[] = [];
    const statement = withNumbers(sql, values);
    await this.#send<void>((resolve, reject) => {
      const ended = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      return new CopyOut(statement, (row) => rows.push(read(row)), ended);
    });
    return rows;
  }

  /** How many rows the statement wrote. */
  async run(sql: string, values?: Values): Promise<number> {
    return (await this.result(sql, values)).rowCount ?? 0;
  }

  /**
   * The same, but it waits until another statement is sent, or COMMIT, and goes with that one:
   * await nothing of it before.
   */
  later(sql: string, values?: Values): Promise<number> {
    const written = this.#wait(this.#rows(sql, values)).then(({ rowCount }) => rowCount ?? 0);
    // What it goes with fails as well, and somebody waits for that.
    written.catch(() => undefined);
    return written;
  }

  async result(sql: string, values?: Values): Promise<Result> {
    try {
      return await this.#send(this.#rows(sql, values));
    } catch (error) {
      // Where the answer was read tells nobody anything; who asked does.
      Error.captureStackTrace(error as Error);
      throw error;
    }
  }

  #rows(sql: string, values?: Values): Asking<Result> {
    return (resolve, reject) => {
      const { Query: Rows } = this.#client.constructor as unknown as { readonly Query: QueryClass };
      const statement = { ...prepared(sql, values), types: this.#client };
      return new Rows(statement, (error, result) => (error ? reject(error) : resolve(result)));
    };
  }

  #send<T>(query: Asking<T>): Promise<T> {
    const answer = this.#wait(query);
    if (!this.#isLeaving) {
      this.#isLeaving = true;
      queueMicrotask(() => this.#leave());
    }
    return answer;
  }

  #wait<T>(query: Asking<T>): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.push(query(resolve, reject)));
  }

  #leave(): void {
    this.#isLeaving = false;
    sendTogether(this.#client, this.#waiting.splice(0));
  }
}

/** A transaction that holds its locks. Await nothing in it but its own statements. */
export class Transaction extends Queries {
  /** The last sequence number there was when the locks were held; only the journal's lock keeps it. */
  readonly head: number;
  /** True where the connection broke during COMMIT when the same was done before. */
  readonly mayBeStored: boolean;
  readonly #space: number;

  constructor(
    client: Client,
    given: Pick<Transaction, 'head' | 'mayBeStored'> & { readonly space: number },
  ) {
    super(client);
    this.head = given.head;
    this.mayBeStored = given.mayBeStored;
    this.#space = given.space;
  }

  /** Takes one more lock, which must come after those that are held. It counts no change. */
  async lock(lock: Lock): Promise<void> {
    for (const { lane, shared } of lockNumbers([lock]))
      await this.run(shared ? LOCK_SHARED : LOCK, { space: this.#space, lane });
  }
}
