import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TargetLock } from '../../src/dispatch/target-lock.js';
import { JournalDatabase as PostgresDatabase } from '../../src/postgres/journal-database.js';
import { openStores as openPostgres } from '../../src/postgres/stores.js';
import { JournalDatabase as SqliteDatabase } from '../../src/sqlite/journal-database.js';
import { FileTargetLock } from '../../src/sqlite/ledger/target-lock.js';
import type { OpenOptions } from '../../src/sqlite/stores.js';
import type { OpenJournal, Stores } from '../../src/stores.js';
import { type Core, openCore } from './core.js';
import { assertLedgerInvariant, assertLedgerInvariantOn } from './invariant.js';
import { type PostgresJournals, sharedPostgresJournals } from './postgres-journal.js';
import { closeAfterTest, stateOf, temporaryHome } from './temporary-home.js';

/** The stores on one real journal of any engine, without any wiring. */
export interface EngineCore extends Omit<Stores, keyof OpenJournal> {
  readonly home: string;
  /** What decides who drains a target. */
  targetLock(targetId: number): TargetLock;
  /** Rows of a query in words that every engine knows. Order them: no engine has to. */
  rows<T extends object = Record<string, unknown>>(sql: string): Promise<T[]>;
  /** The first of them. */
  row<T extends object = Record<string, unknown>>(sql: string): Promise<T>;
  /** Changes rows behind the back of redrain, past what guards them. */
  change(sql: string): Promise<void>;
  /** @throws where the ledger contradicts itself. */
  assertInvariant(): Promise<void>;
}

/** An empty journal, closed after the test. */
export type OpenCore = () => Promise<EngineCore>;

type EngineName = 'SQLite' | 'PostgreSQL';

/**
 * One suite on every engine. For what is promised whichever it is, and is seen in rows; what
 * is in the nature of one engine has its tests in test/sqlite and test/postgres.
 */
export function describeOnEachEngine(
  title: string,
  suite: (open: OpenCore, engine: EngineName) => void,
): void {
  describe(`${title} (SQLite)`, () => suite(openOnSqlite, 'SQLite'));
  describe(`${title} (PostgreSQL)`, () => {
    const journals = sharedPostgresJournals();
    suite(() => openOnPostgres(journals), 'PostgreSQL');
  });
}

/** Homes whose journal is on one engine. */
export interface EngineHomes {
  readonly engine: EngineName;
  /** What the processes of a home find in their environment. */
  env(home: string): Readonly<Record<string, string>>;
  /** Rows of the journal of a home, read on a connection of their own. */
  rows<T extends object = Record<string, unknown>>(home: string, sql: string): Promise<T[]>;
  /** Changes the journal of a home behind the back of redrain, past what guards its rows. */
  change(home: string, sql: string): Promise<void>;
  /** @throws where the ledger of a home contradicts itself. */
  assertInvariant(home: string): Promise<void>;
}

/** The same for what is promised of a whole home: of the library, of use cases, of reports. */
export function describeOnEachHome(title: string, suite: (on: EngineHomes) => void): void {
  describe(`${title} (SQLite)`, () => suite(HOMES_ON_SQLITE));
  describe(`${title} (PostgreSQL)`, () => suite(homesOnPostgres(sharedPostgresJournals())));
}

const journalOf = (home: string): string => join(stateOf(home), 'journal.db');

const HOMES_ON_SQLITE: EngineHomes = {
  engine: 'SQLite',
  env: () => ({}),
  rows: async (home, sql) => readFile(journalOf(home), sql),
  change: async (home, sql) => changeFile(journalOf(home), sql),
  async assertInvariant(home) {
    const db = SqliteDatabase.openReadOnly(journalOf(home));
    if (db === undefined) throw new Error('there is no journal');
    try {
      assertLedgerInvariant({ db });
    } finally {
      db.close();
    }
  },
};

function homesOnPostgres(journals: PostgresJournals): EngineHomes {
  const urls = new Map<string, string>();
  const urlOf = (home: string): string => {
    const known = urls.get(home);
    if (known !== undefined) return known;
    const url = journals.forTest();
    urls.set(home, url);
    closeAfterTest(() => urls.delete(home));
    return url;
  };
  return {
    engine: 'PostgreSQL',
    env: (home) => ({ REDRAIN_STORAGE_URL: urlOf(home) }),
    rows: (home, sql) => reading(urlOf(home), (db) => db.all<never>(sql)),
    change: (home, sql) => journals.change(sql, urlOf(home)),
    assertInvariant: (home) => reading(urlOf(home), assertLedgerInvariantOn),
  };
}

async function reading<T>(url: string, work: (db: PostgresDatabase) => Promise<T>): Promise<T> {
  const db = await PostgresDatabase.openReadOnly(url);
  if (db === undefined) throw new Error('there is no journal');
  return work(db).finally(() => db.close());
}

function readFile<T>(file: string, sql: string): T[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}

/** Its triggers are away for as long as that takes. */
function changeFile(file: string, sql: string): void {
  const db = new Database(file);
  const triggers = db
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`,
    )
    .all();
  const drops = triggers.map(({ name }) => `DROP TRIGGER ${name}`);
  try {
    const statements = ['BEGIN', ...drops, sql, ...triggers.map((one) => one.sql), 'COMMIT'];
    db.exec(statements.join(';\n'));
  } finally {
    db.close();
  }
}

const OPTIONS: OpenOptions = {};
const jitter = (): number => 0.5;

const openOnSqlite: OpenCore = async () => engineCoreOf(await openCore(temporaryHome(), OPTIONS));

/** What tests on SQLite alone have, as those on every engine have it. */
export function engineCoreOf(core: Core): EngineCore {
  const { db, file, home } = core;
  return coreOf(core, home, {
    targetLock: (targetId) => new FileTargetLock(join(stateOf(home), 'locks'), targetId),
    rows: async (sql) => db.statement(sql).all(),
    change: async (sql) => changeFile(file, sql),
    assertInvariant: async () => assertLedgerInvariant({ db }),
  });
}

async function openOnPostgres(journals: PostgresJournals): Promise<EngineCore> {
  const url = journals.forTest();
  const stores = await openPostgres(url, OPTIONS, jitter);
  closeAfterTest(() => stores.close());
  const { db } = stores;
  const home = temporaryHome();
  // The server of the tests need not wait for its disk.
  await db.write('journal', (tx) => tx.run('SET synchronous_commit = off'));
  return coreOf(stores, home, {
    targetLock: (targetId) => stores.targetLock(targetId),
    rows: (sql) => db.all(sql),
    change: (sql) => journals.change(sql, url),
    assertInvariant: () => assertLedgerInvariantOn(db),
  });
}

type Access = Pick<EngineCore, 'targetLock' | 'change' | 'assertInvariant'> & {
  rows(sql: string): Promise<unknown[]>;
};

function coreOf(
  stores: Omit<Stores, keyof OpenJournal>,
  home: string,
  { rows, ...access }: Access,
): EngineCore {
  return {
    ...stores,
    ...access,
    home,
    rows: async <T>(sql: string) => (await rows(sql)) as T[],
    row: async <T>(sql: string) => (await rows(sql))[0] as T,
  };
}
