import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { placeOf } from '../../src/postgres/place.js';
import type { BenchSurroundings } from '../bench-surroundings.js';

/** Databases of the rows are made there, and dropped. */
const SERVER = process.env.REDRAIN_BENCH_POSTGRES ?? 'postgres://127.0.0.1:5432/postgres';

/** Makes and drops databases for the rows of one group. */
export class BenchDatabases {
  readonly #owner: pg.Client;

  private constructor(owner: pg.Client) {
    this.#owner = owner;
  }

  /** Gives work a server, or says that there is none and does nothing. */
  static async with<T>(
    at: BenchSurroundings,
    what: string,
    work: (databases: BenchDatabases) => Promise<T[]>,
  ): Promise<T[]> {
    const owner = new pg.Client(placeOf(SERVER).connectionString);
    try {
      await owner.connect();
    } catch (error) {
      at.say(`left out: ${what}, ${SERVER} cannot be used (${(error as Error).message})`);
      return [];
    }
    try {
      return await work(new BenchDatabases(owner));
    } finally {
      await owner.end();
    }
  }

  /** A database for the time of some work, which is given its URL: empty, or a copy of another one that nobody has open. */
  async database<T>(work: (url: string) => Promise<T>, copyOf?: string): Promise<T> {
    const name = `redrain_bench_${randomUUID().replaceAll('-', '')}`;
    const from = copyOf === undefined ? '' : ` TEMPLATE ${new URL(copyOf).pathname.slice(1)}`;
    await this.#owner.query(`CREATE DATABASE ${name}${from}`);
    try {
      return await work(Object.assign(new URL(SERVER), { pathname: `/${name}` }).href);
    } finally {
      await this.#owner.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  }
}
