import type { ScopeParts } from '../scope.js';
import type { QueueFile } from './queue-files.js';
import type { QueueRow } from './queue-row.js';
import type { SourceTally } from './source-tally.js';

/** What the last import of a file left behind. */
export interface SourceRecord {
  readonly id: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly events: number;
  readonly bodyUploads: number | null;
  readonly failureLog: number | null;
  readonly damage: string | null;
  readonly attribution: string | null;
  readonly importedAt: number;
}

/** What an import of one file is told. */
export interface ImportOrder {
  readonly file: QueueFile;
  readonly fingerprint: string;
  readonly owner: ScopeParts | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One old file as an import reads it. */
export interface OldQueue {
  /** Every row in its order, read as it is asked for. */
  rows(): Iterable<QueueRow>;
  /** Rows of one of its tables; null when they cannot be counted. */
  count(table: 'body_upload_queue' | 'body_upload_failure_log'): number | null;
  readonly damage: { readonly reason: string; readonly touchesRows: boolean } | null;
}

/** Imports of old queue files and their provenance. Each method is one atomic transaction. */
export interface ImportStore {
  /** The record of a file's last import, or undefined. */
  findSource(path: string): Promise<SourceRecord | undefined>;
  /**
   * Takes every row of one old file into the journal together with its
   * provenance: all of it or nothing. Rows that were imported before add
   * nothing. The rows are read as they are written, so memory stays flat.
   */
  importQueue(queue: OldQueue, order: ImportOrder): Promise<SourceTally>;
  /** Records a file of which nothing can be read, so that it does not wait forever. */
  recordUnreadable(order: ImportOrder, damage: string): Promise<void>;
  /** How many of these rows are not in the journal as they are now. */
  countWaiting(sourceId: number, rows: Iterable<QueueRow>): Promise<number>;
  /** Conflicts found by imports that wait for a decision. */
  openConflicts(): Promise<number>;
  /** The same of one file. */
  openConflictsOf(sourceId: number): Promise<number>;
  /** Notes the name a file is about to get. */
  noteRenamed(path: string, renamedTo: string): Promise<void>;
}
