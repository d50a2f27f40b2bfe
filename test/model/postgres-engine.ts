import pg from 'pg';
import { JournalDatabase } from '../../src/postgres/journal-database.js';
import { LANES } from '../../src/postgres/locks.js';
import { placeOf } from '../../src/postgres/place.js';
import { PostgresStores } from '../../src/postgres/stores.js';
import type { Stores } from '../../src/stores.js';
import { assertLedgerInvariantOn } from '../support/invariant.js';
import type { PostgresJournals } from '../support/postgres-journal.js';
import type { ModelEngine, ModelJournal } from './engine.js';
import type { Witness } from './witness.js';

/** Journals in one database, which is made empty for each program. */
export function postgresEngine(journals: PostgresJournals): ModelEngine {
  return {
    name: 'PostgreSQL',
    option: 'postgres',
    async journal() {
      await journals.makeEmpty();
      return PostgresJournal.open(journals);
    },
  };
}

class PostgresJournal implements ModelJournal {
  readonly env: NodeJS.ProcessEnv;
  readonly witness: Witness;
  readonly #journals: PostgresJournals;

  private constructor(journals: PostgresJournals, witness: Witness) {
    this.#journals = journals;
    this.witness = witness;
    this.env = { REDRAIN_STORAGE_URL: journals.url };
  }

  static async open(journals: PostgresJournals): Promise<PostgresJournal> {
    const db = await JournalDatabase.openReadOnly(journals.url);
    if (db === undefined) throw new Error('the database of the tests has no journal');
    return new PostgresJournal(journals, new PostgresWitness(db));
  }

  async settle(stores: Stores): Promise<void> {
    if (!(stores instanceof PostgresStores)) throw new Error('these stores are not on PostgreSQL');
    await stores.db.write('journal', (tx) => tx.run('SET synchronous_commit = off'));
  }

  /** What runs has thrown before its COMMIT, and nothing begins any more. */
  bury(stores: Stores): void {
    if (stores instanceof PostgresStores) void stores.close();
  }

  /** Ten seconds pass on the clock of the server: the leases of the dead end. */
  async outlive(): Promise<void> {
    await this.#journals.owner.query(
      'UPDATE target SET lease_until = 0 WHERE lease_token IS NOT NULL',
    );
  }

  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    const other = new pg.Client(placeOf(this.#journals.url).connectionString);
    await other.connect();
    await other.query('SET search_path = redrain');
    const space = `(to_regclass('head')::oid::bigint & 2147483647)::int`;
    await other.query(`SELECT pg_advisory_lock(${space}, ${LANES.journal})`);
    try {
      return await work();
    } finally {
      await other.end();
    }
  }
}

class PostgresWitness implements Witness {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async read(statements: readonly string[]): Promise<unknown[][]> {
    return this.#db.read(async (queries) => {
      const found: unknown[][] = [];
      for (const sql of statements) found.push(await queries.all(sql));
      return found;
    });
  }

  assertInvariant(): Promise<void> {
    return assertLedgerInvariantOn(this.#db);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}
