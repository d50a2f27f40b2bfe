import type { ConflictStore } from './conflicts/conflict-store.js';
import type { TargetLock } from './dispatch/target-lock.js';
import type { EdgeStore } from './edges/edge-store.js';
import type { AuditLog } from './journal/audit-log.js';
import type { JournalStore } from './journal/journal-store.js';
import type { LedgerStore } from './ledger/delivery-ledger.js';
import type { RequeueStore } from './ledger/requeue.js';
import type { Reports } from './reports/reports.js';
import type { JournalSpace } from './retention/journal-space.js';
import type { RedactionStore } from './retention/redaction-store.js';
import type { RestoreStore } from './retention/restore-store.js';
import type { RetentionStore } from './retention/retention-store.js';
import type { Verification } from './retention/verification.js';
import type { ImportStore } from './spec-kitty/legacy/import-store.js';
import type { TargetRegistry } from './targets/registry.js';

/**
 * The stores on one open journal: all that use cases know of a database. An
 * engine (`src/sqlite`) implements each of them, and `test/stores` holds it to
 * what they promise.
 */
export interface Stores extends OpenJournal {
  readonly journal: JournalStore;
  readonly ledger: LedgerStore;
  readonly requeue: RequeueStore;
  readonly targets: TargetRegistry;
  readonly audit: AuditLog;
  readonly conflicts: ConflictStore;
  readonly imports: ImportStore;
  readonly retention: RetentionStore;
  readonly restoring: RestoreStore;
  readonly redaction: RedactionStore;
  readonly space: JournalSpace;
  readonly verification: Verification;
  readonly reports: Reports;
  readonly edges: EdgeStore;
}

/** The open database itself. */
export interface OpenJournal {
  /**
   * The lock that decides who drains a target, among all processes that share the journal.
   * `locksDir` is where a journal that is a file of this machine has lock files beside it.
   */
  targetLock(targetId: number, locksDir: string): TargetLock;
  /**
   * True when the journal in the home is not the one that is open. It is closed
   * then, and every further use of its stores fails with a StorageUnavailableError.
   */
  isReplaced(): boolean;
  /**
   * Checks that the open journal is the one in the home and of a known schema.
   *
   * @throws StorageUnavailableError, NewerSchemaError.
   */
  assertCurrent(): Promise<void>;
  /**
   * Changes when anything in the journal may have, by this process or another. Costs microseconds,
   * and holds nothing open.
   */
  version(): Promise<string>;
  /** The same for what another connection has written: of this process or another, not by these stores. */
  versionOfOthers(): Promise<string>;
  /**
   * Calls `hear` when another connection writes, often before its commit can be read: `version` tells
   * that. A hint, which can be lost. Returns what ends it.
   */
  onHint(hear: () => void): () => void;
  /** Ends the connection; stores opened for reading only leave nothing behind. */
  close(): Promise<void>;
}
