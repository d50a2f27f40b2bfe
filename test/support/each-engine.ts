import { join } from 'node:path';
import type { TargetLock } from '../../src/dispatch/target-lock.js';
import { openStores as openPostgres } from '../../src/postgres/stores.js';
import { type OpenOptions, openStores as openSqlite } from '../../src/sqlite/stores.js';
import type { OpenJournal, Stores } from '../../src/stores.js';
import { assertLedgerInvariant, assertLedgerInvariantOn } from './invariant.js';
import { type PostgresJournals, postgresJournals } from './postgres-journal.js';
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
  /** @throws where the ledger contradicts itself. */
  assertInvariant(): Promise<void>;
}

/** An empty journal, closed after the test. */
export type OpenCore = () => Promise<EngineCore>;

/**
 * One suite on every engine. For what is promised whichever it is, and is seen in rows; what
 * is in the nature of one engine has its tests in test/sqlite and test/postgres.
 */
export function describeOnEachEngine(
  title: string,
  suite: (open: OpenCore, engine: 'SQLite' | 'PostgreSQL') => void,
): void {
  describe(`${title} (SQLite)`, () => suite(openOnSqlite, 'SQLite'));
  describe(`${title} (PostgreSQL)`, () => {
    const journals = postgresJournals();
    suite(() => openOnPostgres(journals), 'PostgreSQL');
  });
}

const OPTIONS: OpenOptions = {};
const jitter = (): number => 0.5;

async function openOnSqlite(): Promise<EngineCore> {
  const home = temporaryHome();
  const stores = await openSqlite(join(stateOf(home), 'journal.db'), OPTIONS, jitter);
  closeAfterTest(() => stores.close());
  const { db } = stores;
  return coreOf(stores, home, {
    rows: async (sql) => db.statement(sql).all(),
    assertInvariant: async () => assertLedgerInvariant({ db }),
  });
}

async function openOnPostgres(journals: PostgresJournals): Promise<EngineCore> {
  const stores = await openPostgres(journals.forTest(), OPTIONS, jitter);
  closeAfterTest(() => stores.close());
  const { db } = stores;
  // The server of the tests need not wait for its disk.
  await db.write('journal', (tx) => tx.run('SET synchronous_commit = off'));
  return coreOf(stores, temporaryHome(), {
    rows: (sql) => db.all(sql),
    assertInvariant: () => assertLedgerInvariantOn(db),
  });
}

interface Access {
  rows(sql: string): Promise<unknown[]>;
  assertInvariant(): Promise<void>;
}

function coreOf(stores: Stores, home: string, { rows, assertInvariant }: Access): EngineCore {
  return {
    ...stores,
    home,
    targetLock: (targetId) => stores.targetLock(targetId, join(stateOf(home), 'locks')),
    rows: async <T>(sql: string) => (await rows(sql)) as T[],
    row: async <T>(sql: string) => (await rows(sql))[0] as T,
    assertInvariant,
  };
}
