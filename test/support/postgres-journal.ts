import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { placeOf } from '../../src/postgres/place.js';
import { CREATE_TABLES } from '../../src/postgres/schema/tables.js';
import { GUARDED } from '../../src/postgres/schema/triggers.js';
import { openStores } from '../../src/postgres/stores.js';
import { withoutEngine } from './engines.js';
import { closeAfterFile, closeAfterTest } from './temporary-home.js';

/** The server of the tests: a database of its own is made there, and dropped. */
export const SERVER = process.env.REDRAIN_TEST_POSTGRES ?? 'postgres://127.0.0.1:5432/postgres';

/** Names of databases of tests go on with the second in which they were made. */
const OURS = 'redrain_test_';
/** Seconds after which no test runs any more. */
const LONGEST_RUN_S = 3 * 3_600;
/** Once in each process. */
let left: Promise<void> | undefined;

/** Drops what runs that were killed have left: a test that ends drops its own. */
async function dropLeft(): Promise<void> {
  const names = await onServer('SELECT datname AS name FROM pg_database');
  const before = Date.now() / 1_000 - LONGEST_RUN_S;
  for (const { name } of names as { name: string }[]) {
    const made = new RegExp(`^${OURS}(\\d+)_[0-9a-f]{8}$`).exec(name)?.[1];
    // Another process may do the same at this moment.
    if (made !== undefined && Number(made) < before)
      await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

/** A database with a journal in it, made empty again for each test. */
export class PostgresJournals {
  readonly name = `${OURS}${Math.floor(Date.now() / 1_000)}_${randomBytes(4).toString('hex')}`;
  /** Roles that tests made, which go with the database. */
  readonly roles: string[] = [];
  #owner: pg.Client | undefined;
  /** Journals that the test has that runs now. */
  #lent = 0;

  get url(): string {
    const url = new URL(SERVER);
    url.pathname = `/${this.name}`;
    return url.href;
  }

  /** A connection of the owner of the tables, for what the program itself never does. */
  get owner(): pg.Client {
    if (this.#owner === undefined) throw new Error('the database was not made');
    return this.#owner;
  }

  get isMade(): boolean {
    return this.#owner !== undefined;
  }

  /** For a `before` hook; skips its suite where there is no server. */
  async make(context: Mocha.Context): Promise<void> {
    try {
      await onServer(`CREATE DATABASE ${this.name}`);
      left ??= dropLeft();
      await left;
    } catch (error) {
      withoutEngine(
        context,
        'PostgreSQL',
        `${SERVER} cannot be used (${(error as Error).message})`,
      );
    }
    await (await openStores(this.url)).close();
    this.#owner = new pg.Client(placeOf(this.url).connectionString);
    await this.#owner.connect();
    await this.#owner.query('SET search_path = redrain');
  }

  /** For an `after` hook. */
  async drop(): Promise<void> {
    if (this.#owner === undefined) return;
    await this.#owner.end();
    this.#owner = undefined;
    await onServer(`DROP DATABASE ${this.name} WITH (FORCE)`);
    for (const role of this.roles) await onServer(`DROP ROLE "${role}"`);
  }

  /** For a test that works on one journal after another. */
  async makeEmpty(): Promise<void> {
    await this.owner.query(MAKE_EMPTY);
  }

  /** Changes rows that nobody may change, as their owner can by hand. */
  async change(sql: string, url = this.url): Promise<void> {
    const guards = (what: string) =>
      GUARDED.map(({ name, table }) => `ALTER TABLE ${table} ${what} TRIGGER ${name}`);
    const statements = [
      'BEGIN',
      `SET LOCAL search_path = "${placeOf(url).schema}"`,
      ...guards('DISABLE'),
      sql,
      ...guards('ENABLE ALWAYS'),
      'COMMIT',
    ];
    try {
      await this.owner.query(statements.join('; '));
    } catch (error) {
      await this.owner.query('ROLLBACK');
      throw error;
    }
  }

  /** The URL of the journal, which is empty again after the test; of another one where a test has it already. */
  forTest(): string {
    const schema = `other_${this.#lent}`;
    this.#lent += 1;
    const isFirst = this.#lent === 1;
    closeAfterTest(async () => {
      this.#lent = 0;
      await this.owner.query(isFirst ? MAKE_EMPTY : `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    });
    return isFirst ? this.url : `${this.url}?schema=${schema}`;
  }
}

/** Makes the database for the tests of the suite it is called in. */
export function postgresJournals(): PostgresJournals {
  const journals = new PostgresJournals();
  before(async function () {
    await journals.make(this);
  });
  after(() => journals.drop());
  return journals;
}

/** What the suites of a file share: to make one takes as long as many tests. */
const SHARED = new PostgresJournals();

/** The same for a suite that leaves nothing but rows in it: one database for all of these in a file. */
export function sharedPostgresJournals(): PostgresJournals {
  before(async function () {
    if (SHARED.isMade) return;
    await SHARED.make(this);
    closeAfterFile(() => SHARED.drop());
  });
  return SHARED;
}

/** Returns its rows. */
async function onServer(statement: string): Promise<unknown[]> {
  const client = new pg.Client({
    connectionString: placeOf(SERVER).connectionString,
    connectionTimeoutMillis: 2_000,
  });
  try {
    await client.connect();
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

const TABLES = CREATE_TABLES.flatMap((text) => /^CREATE TABLE (\w+)/.exec(text)?.[1] ?? []);
const KEPT = ['head', 'migrations'];

/** What no role but the owner can do, and the owner only by hand. */
const MAKE_EMPTY = [
  'BEGIN',
  'SET LOCAL synchronous_commit = off',
  ...GUARDED.map(({ name, table }) => `ALTER TABLE ${table} DISABLE TRIGGER ${name}`),
  ...TABLES.filter((table) => !KEPT.includes(table))
    .reverse()
    .map((table) => `DELETE FROM ${table}`),
  'UPDATE head SET seq = 0',
  ...CREATE_TABLES.flatMap((text) => {
    const table = /^CREATE TABLE (\w+) \(\s*"id" bigint GENERATED/.exec(text)?.[1];
    return table === undefined ? [] : `ALTER TABLE ${table} ALTER COLUMN id RESTART WITH 1`;
  }),
  ...GUARDED.map(({ name, table }) => `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`),
  'COMMIT',
].join('; ');
