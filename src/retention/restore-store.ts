import type { ArchiveRecord } from './archive-record.js';

/** How many records of a chunk met which fate. */
export interface RestoredChunk {
  readonly restored: number;
  /** Their bytes are in the journal already. */
  readonly present: number;
  /** Erased on purpose: they never come back. */
  readonly redacted: number;
  /** This journal never had them, and has them now. */
  readonly added: number;
  /** This journal has other bytes under the id: both are kept. */
  readonly conflicts: number;
  /** Not of this journal, and left alone. */
  readonly unknown: number;
}

/** How many of these fates there are. */
export function tally(fates: Iterable<keyof RestoredChunk>): RestoredChunk {
  const sum = { restored: 0, present: 0, redacted: 0, added: 0, conflicts: 0, unknown: 0 };
  for (const fate of fates) sum[fate] += 1;
  return sum;
}

/** How records are restored. */
export interface RestoreOrder {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly archiveId: string;
  /** Also take in events that this journal never had. */
  readonly addMissing: boolean;
}

/** Restores the bytes of archived events. */
export interface RestoreStore {
  /** What `restore` would do. Reads only. */
  preview(records: readonly ArchiveRecord[], order: RestoreOrder): Promise<RestoredChunk>;

  /**
   * Restores these records in one transaction: bytes, class and counters. A
   * target whose lane has passed an event and that still lacks it gets it in
   * its next pass. Doing it again changes nothing.
   *
   * @throws when the bytes of a record contradict its digest; nothing of the
   * chunk is stored then.
   */
  restore(records: readonly ArchiveRecord[], order: RestoreOrder): Promise<RestoredChunk>;
}
