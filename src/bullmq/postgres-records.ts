import type { Records } from './engine.js';
import * as sql from './postgres.sql.js';
import type { SqlPool } from './postgres-pool.js';

/** One row for each, in the schema of the jobs. */
export class PostgresRecords implements Records {
  readonly #pool: SqlPool;

  constructor(pool: SqlPool) {
    this.#pool = pool;
  }

  async find(kind: string, key: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ value: string }>(sql.FIND_RECORD, [kind, key]);
    return rows[0]?.value;
  }

  async list(kind: string): Promise<[string, string][]> {
    const { rows } = await this.#pool.query<{ key: string; value: string }>(sql.LIST_RECORDS, [
      kind,
    ]);
    return rows.map(({ key, value }) => [key, value]);
  }

  async put(kind: string, key: string, value: string): Promise<void> {
    await this.#pool.query(sql.PUT_RECORD, [kind, key, value]);
  }

  async replace(
    kind: string,
    key: string,
    expected: string | undefined,
    value: string,
  ): Promise<boolean> {
    const { rowCount } =
      expected === undefined
        ? await this.#pool.query(sql.INSERT_RECORD, [kind, key, value])
        : await this.#pool.query(sql.REPLACE_RECORD, [kind, key, value, expected]);
    return rowCount === 1;
  }

  async delete(kind: string, key: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(sql.DELETE_RECORD, [kind, key]);
    return rowCount === 1;
  }
}
