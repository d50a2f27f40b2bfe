import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import type { Stores } from '../../src/stores.js';
import { connectionOf } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf } from '../support/temporary-home.js';
import type { ModelEngine, ModelJournal } from './engine.js';
import type { Witness } from './witness.js';

/** Journals that are files of their home: copies of `template`, an empty one of today's schema. */
export function sqliteEngine(template: string): ModelEngine {
  return {
    name: 'SQLite',
    option: 'sqlite',
    async journal(home) {
      const file = join(stateOf(home), 'journal.db');
      mkdirSync(stateOf(home), { recursive: true });
      copyFileSync(template, file);
      return new SqliteJournal(file);
    },
  };
}

class SqliteJournal implements ModelJournal {
  readonly env = {};
  readonly witness: Witness;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    this.witness = new SqliteWitness(file);
  }

  async settle(stores: Stores): Promise<void> {
    const journal = connectionOf(stores);
    journal.statement('PRAGMA synchronous = OFF').run();
    journal.statement('PRAGMA busy_timeout = 0').get();
  }

  bury(stores: Stores): void {
    connectionOf(stores).close();
  }

  /** The kernel has freed every lock. */
  async outlive(): Promise<void> {}

  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    const other = new Database(this.#file);
    other.exec('BEGIN IMMEDIATE');
    try {
      return await work();
    } finally {
      other.close();
    }
  }
}

/** Open for as long as the program lasts: a process that dies leaves its log as it is. */
class SqliteWitness implements Witness {
  readonly #db: JournalDatabase;

  constructor(file: string) {
    this.#db = JournalDatabase.openReadOnly(file) as JournalDatabase;
  }

  async read(statements: readonly string[]): Promise<unknown[][]> {
    return this.#db.read(() => statements.map((sql) => this.#db.statement(sql).all()));
  }

  async assertInvariant(): Promise<void> {
    assertLedgerInvariant({ db: this.#db });
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}
