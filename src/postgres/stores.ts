import type { TargetLock } from '../dispatch/target-lock.js';
import type { Stores } from '../stores.js';
import { PostgresConflicts } from './conflicts/conflict-store.js';
import { PostgresEdges } from './edges/edge-store.js';
import { PostgresImports } from './imports/import-store.js';
import { PostgresAuditLog } from './journal/audit-log.js';
import { PostgresJournal } from './journal/journal-store.js';
import { JournalDatabase, type OpenOptions } from './journal-database.js';
import { PostgresLedger } from './ledger/delivery-ledger.js';
import { HeldLeases } from './ledger/held-leases.js';
import { PostgresRequeue } from './ledger/requeue.js';
import { PostgresTargetLock } from './ledger/target-lock.js';
import { PostgresReports } from './reports/reports.js';
import { PostgresSpace } from './retention/journal-space.js';
import { PostgresRedaction } from './retention/redaction-store.js';
import { PostgresRestore } from './retention/restore-store.js';
import { PostgresRetention } from './retention/retention-store.js';
import { PostgresTargets } from './targets/registry.js';
import { PostgresVerification } from './verification/verification.js';

export { placeOf } from './place.js';
export { rolesOf } from './schema/roles.js';

/** Every store on the connections of one process to PostgreSQL. */
export class PostgresStores implements Stores {
  /** For the engine and its tests. */
  readonly db: JournalDatabase;
  readonly #held = new HeldLeases();
  readonly journal: PostgresJournal;
  readonly ledger: PostgresLedger;
  readonly requeue: PostgresRequeue;
  readonly targets: PostgresTargets;
  readonly audit: PostgresAuditLog;
  readonly conflicts: PostgresConflicts;
  readonly imports: PostgresImports;
  readonly retention: PostgresRetention;
  readonly restoring: PostgresRestore;
  readonly redaction: PostgresRedaction;
  readonly space: PostgresSpace;
  readonly verification: PostgresVerification;
  readonly reports: PostgresReports;
  readonly edges: PostgresEdges;

  /** `random` is the jitter of backoffs. */
  constructor(db: JournalDatabase, random?: () => number) {
    this.db = db;
    this.journal = new PostgresJournal(db);
    this.ledger = new PostgresLedger(db, random, undefined, this.#held);
    this.requeue = new PostgresRequeue(db);
    this.targets = new PostgresTargets(db);
    this.audit = new PostgresAuditLog(db);
    this.conflicts = new PostgresConflicts(db);
    this.imports = new PostgresImports(db);
    this.retention = new PostgresRetention(db);
    this.restoring = new PostgresRestore(db);
    this.redaction = new PostgresRedaction(db);
    this.space = new PostgresSpace(db);
    this.verification = new PostgresVerification(db);
    this.reports = new PostgresReports(db);
    this.edges = new PostgresEdges(db);
  }

  targetLock(targetId: number): TargetLock {
    return new PostgresTargetLock(this.db, this.#held, targetId);
  }

  isReplaced(): boolean {
    return this.db.isReplaced();
  }

  assertCurrent(): Promise<void> {
    return this.db.assertCurrent();
  }

  version(): Promise<string> {
    return this.db.version();
  }

  versionOfOthers(): Promise<string> {
    return this.db.versionOfOthers();
  }

  onHint(hear: () => void): () => void {
    return this.db.onHint(hear);
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

/**
 * Opens the journal at a PostgreSQL URL for writing: makes its tables and brings them up to date.
 *
 * @throws StorageUnavailableError, NewerSchemaError, MissingDriverError, StorageUrlError.
 */
export async function openStores(
  url: string,
  options: OpenOptions = {},
  random?: () => number,
): Promise<PostgresStores> {
  return new PostgresStores(await JournalDatabase.open(url, options), random);
}

/**
 * Opens it for reading only; undefined when there is none yet. Changes nothing.
 *
 * @throws StorageUnavailableError, NewerSchemaError, OlderSchemaError, MissingDriverError, StorageUrlError.
 */
export async function openStoresReadOnly(
  url: string,
  random?: () => number,
): Promise<PostgresStores | undefined> {
  const db = await JournalDatabase.openReadOnly(url);
  return db && new PostgresStores(db, random);
}
