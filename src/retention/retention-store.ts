import type { SeqRanges } from '../ledger/seq-ranges.js';
import type { ArchiveRecord } from './archive-record.js';
import type { RetentionScope } from './scope.js';

/** One event whose bytes may go. */
export interface EligibleEvent {
  readonly seq: number;
  /** Of its payload, in bytes. */
  readonly size: number;
  readonly coalesced: boolean;
  /** False when some target still lacks it: only with `includeUndelivered`. */
  readonly settled: boolean;
}

/** A closed range of sequence numbers. */
export interface SeqSpan {
  readonly first: number;
  readonly last: number;
}

/** What one transaction took out of the journal. */
export interface PurgedChunk {
  readonly events: number;
  readonly bytes: number;
  /** Events whose bytes contradict their digest: they stay, and `verify` names them. */
  readonly damaged: number;
}

/** Why the bytes of a chunk are purged, as the journal records it. */
export type PurgeRecord =
  | { readonly kind: 'gc' }
  /** `archiveId` is the archive that was written, read back and found whole. */
  | { readonly kind: 'archive'; readonly archiveId: string };

/**
 * Deletes payload bytes that nobody needs any more; events, digests and the
 * ledger stay. Each method is one transaction or one consistent read.
 */
export interface RetentionStore {
  /** The newest sequence number; 0 in an empty journal. */
  head(): Promise<number>;

  /** The events of a span whose bytes may go, in journal order. */
  eligible(span: SeqSpan, scope: RetentionScope): Promise<EligibleEvent[]>;

  /**
   * The numbers of those records that are this journal's own events. An archive
   * may be another journal's: a restored backup, a copied file, a journal made
   * again. A record without bytes is nobody's.
   */
  own(records: readonly ArchiveRecord[]): Promise<number[]>;

  /**
   * Deletes the bytes of these events as far as they still may go. They are
   * chosen again inside the transaction: what was claimed or marked for a
   * replay in the meantime stays. Ledger rows stay too, and counters follow.
   * Deleted bytes are overwritten, so that no free space keeps them.
   *
   * `includeUndelivered` of the scope counts for archives only. `now` is in
   * epoch milliseconds.
   */
  purge(
    seqs: readonly number[],
    scope: RetentionScope,
    record: PurgeRecord,
    now: number,
  ): Promise<PurgedChunk>;

  /** Whether this archive holds the only bytes of any event in these ranges. */
  dependsOn(archiveId: string, seqs: SeqRanges): Promise<boolean>;

  /** The number of events in these ranges whose only bytes this archive holds. */
  countBehind(archiveId: string, seqs: SeqRanges): Promise<number>;

  /** Like `dependsOn`, for an archive whose ranges are unknown: reads all purge records. */
  needsArchive(archiveId: string): Promise<boolean>;

  /** Events with everything an archive keeps of them, in journal order; those without bytes are left out. */
  records(seqs: readonly number[]): Promise<ArchiveRecord[]>;
}
