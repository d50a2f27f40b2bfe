import { type BinaryRow, copyOut } from './copy-out.js';
import type { Client } from './driver.js';
import { type Lock, lockNumbers, lockStatement } from './locks.js';
import { prepared, type Values, withNumbers } from './statements.js';

/** Statements on one connection, each prepared once and kept. */
export class Queries {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** All rows. Aliases in camelCase need quotes in the statement. */
  async all<R extends object>(sql: string, values?: Values): Promise<R[]> {
    return (await this.#client.query<R>(prepared(sql, values))).rows;
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
    await copyOut(this.#client, withNumbers(sql, values), (row) => rows.push(read(row)));
    return rows;
  }

  /** How many rows the statement wrote. */
  async run(sql: string, values?: Values): Promise<number> {
    return (await this.#client.query(prepared(sql, values))).rowCount ?? 0;
  }
}

/** A transaction that holds its locks. Await nothing in it but its own statements. */
export class Transaction extends Queries {
  /** The last sequence number there was when the locks were held; only the journal's lock keeps it. */
  readonly head: number;
  readonly #space: number;

  constructor(client: Client, head: number, space: number) {
    super(client);
    this.head = head;
    this.#space = space;
  }

  /** Takes one more lock, which must come after those that are held. It counts no change. */
  async lock(lock: Lock): Promise<void> {
    for (const number of lockNumbers([lock])) await this.run(lockStatement(this.#space, number));
  }
}
