import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TargetLock } from '../dispatch/target-lock.js';
import { onChangeIn } from '../files/change-hints.js';
import type { Stores } from '../stores.js';
import { SqliteConflicts } from './conflicts/conflict-store.js';
import { SqliteEdges } from './edges/edge-store.js';
import { SqliteImports } from './imports/import-store.js';
import { SqliteAuditLog } from './journal/audit-log.js';
import { SqliteJournal } from './journal/journal-store.js';
import { JournalDatabase, type OpenOptions } from './journal-database.js';
import { SqliteLedger } from './ledger/delivery-ledger.js';
import { SqliteRequeue } from './ledger/requeue.js';
import { FileTargetLock } from './ledger/target-lock.js';
import { SqliteReports } from './reports/reports.js';
import { SqliteSpace } from './retention/journal-space.js';
import { SqliteRedaction } from './retention/redaction-store.js';
import { SqliteRestore } from './retention/restore-store.js';
import { SqliteRetention } from './retention/retention-store.js';
import { SqliteTargets } from './targets/registry.js';
import { SqliteVerification } from './verification/verification.js';

export type { OpenOptions };

/** The jitter of backoffs: uniform in [0, 1). */
type Random = () => number;

/** Every store on one connection to journal.db. */
export class SqliteStores implements Stores {
  /** For the engine and its tests. */
  readonly db: JournalDatabase;
  readonly journal: SqliteJournal;
  readonly ledger: SqliteLedger;
  readonly requeue: SqliteRequeue;
  readonly targets: SqliteTargets;
  readonly audit: SqliteAuditLog;
  readonly conflicts: SqliteConflicts;
  readonly imports: SqliteImports;
  readonly retention: SqliteRetention;
  readonly restoring: SqliteRestore;
  readonly redaction: SqliteRedaction;
  readonly space: SqliteSpace;
  readonly verification: SqliteVerification;
  readonly reports: SqliteReports;
  readonly edges: SqliteEdges;

  constructor(db: JournalDatabase, random: Random) {
    this.db = db;
    this.journal = new SqliteJournal(db);
    this.ledger = new SqliteLedger(db, random);
    this.requeue = new SqliteRequeue(db);
    this.targets = new SqliteTargets(db);
    this.audit = new SqliteAuditLog(db);
    this.conflicts = new SqliteConflicts(db);
    this.imports = new SqliteImports(db);
    this.retention = new SqliteRetention(db);
    this.restoring = new SqliteRestore(db);
    this.redaction = new SqliteRedaction(db);
    this.space = new SqliteSpace(db);
    this.verification = new SqliteVerification(db);
    this.reports = new SqliteReports(db);
    this.edges = new SqliteEdges(db);
  }

  targetLock(targetId: number, locksDir: string): TargetLock {
    return new FileTargetLock(locksDir, targetId);
  }

  isReplaced(): boolean {
    return this.db.isReplaced();
  }

  async assertCurrent(): Promise<void> {
    this.db.assertCurrent();
  }

  async version(): Promise<string> {
    return this.db.version();
  }

  async versionOfOthers(): Promise<string> {
    return this.db.versionOfOthers();
  }

  onHint(hear: () => void): () => void {
    return onChangeIn(dirname(realpathSync(this.db.file)), hear);
  }

  async close(): Promise<void> {
    this.db.close();
  }
}

/**
 * Opens a journal for writing: makes the file and brings its schema up to date.
 *
 * @throws StorageUnavailableError, NewerSchemaError.
 */
export async function openStores(
  file: string,
  options: OpenOptions,
  random: Random,
): Promise<SqliteStores> {
  return new SqliteStores(await JournalDatabase.open(file, options), random);
}

/**
 * Opens a journal for reading only; undefined when there is none yet. Changes nothing.
 *
 * @throws StorageUnavailableError, NewerSchemaError, OlderSchemaError.
 */
export async function openStoresReadOnly(
  file: string,
  random: Random,
): Promise<SqliteStores | undefined> {
  const db = JournalDatabase.openReadOnly(file);
  return db && new SqliteStores(db, random);
}

/** Whether there is a journal, or a file that stands in its place. */
export function hasStores(file: string): boolean {
  return existsSync(file);
}

/**
 * Opens a copy of a journal for writing, for a rehearsal; an empty journal
 * where there is none. The copy is a file in `directory`, which the caller deletes.
 *
 * @throws StorageUnavailableError, NewerSchemaError, OlderSchemaError.
 */
export async function openCopy(
  file: string,
  directory: string,
  random: Random,
): Promise<SqliteStores> {
  const copy = join(directory, 'journal.db');
  const original = JournalDatabase.openReadOnly(file);
  try {
    await original?.maintain((db) => db.prepare('VACUUM INTO ?').run(copy));
  } finally {
    original?.close();
  }
  return openStores(copy, {}, random);
}
