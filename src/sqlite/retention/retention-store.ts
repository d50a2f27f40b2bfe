import { hash } from 'node:crypto';
import { step } from '../../base/steps.js';
import { canonicalDigest } from '../../json/canonical.js';
import type { SeqRanges } from '../../ledger/seq-ranges.js';
import { type ArchiveRecord, recordOf } from '../../retention/archive-record.js';
import type { RetentionScope } from '../../retention/scope.js';
import type { JournalDatabase } from '../journal-database.js';
import { withCounters } from './census.js';
import { overwriteDeleted } from './maintenance.js';
import * as sql from './retention.sql.js';

/** One event whose bytes may go. */
export interface EligibleEvent {
  readonly seq: number;
  readonly size: number;
  readonly coalesced: 0 | 1;
  /** 0 when some target still lacks it: only with `includeUndelivered`. */
  readonly settled: 0 | 1;
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
  /** Events whose bytes contradict their digest: they are left for `verify` to name. */
  readonly damaged: number;
}

/** The purge of one chunk, as a record says it. */
export type PurgeRecord =
  | { readonly kind: 'gc' }
  /** `archiveId` is the archive that was written, read back and found whole. */
  | { readonly kind: 'archive'; readonly archiveId: string };

/** The only store that takes bytes out of the journal. Each method is one transaction. */
export class SqliteRetention {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  /** The newest sequence number. */
  head(): number {
    return (this.#db.statement(sql.JOURNAL_HEAD).get() as { head: number }).head;
  }

  /** What may go within a span. Reads only. */
  eligible(span: SeqSpan, scope: RetentionScope): EligibleEvent[] {
    return this.#db.read(() => {
      const chosen = this.#db.statement(sql.ELIGIBLE_IN_SPAN).all({ ...span, ...flags(scope) });
      return chosen as EligibleEvent[];
    });
  }

  /**
   * Whether a record of an archive is the very event this journal has at its
   * number. An archive may be another journal's: a restored backup, a copied
   * file, a journal made anew.
   */
  isOwn({ seq, event_id, sha256, bytes }: ArchiveRecord): boolean {
    const row = this.#db.statement(sql.FIND_ARCHIVED).get(seq) as
      | { eventId: string; sha256: Buffer }
      | undefined;
    return bytes !== null && row?.eventId === event_id && row.sha256.toString('hex') === sha256;
  }

  /**
   * Takes the bytes of these events out, if they still may go: chosen again
   * inside the transaction, so that what was claimed or marked for a replay in
   * the meantime stays. Ledger rows stay too; their counters follow the class.
   */
  async purge(
    seqs: readonly number[],
    scope: RetentionScope,
    record: PurgeRecord,
    now: number,
  ): Promise<PurgedChunk> {
    // No flag lets gc have what a target still lacks.
    const includeUndelivered = record.kind === 'archive' && scope.includeUndelivered;
    const parameters = { seqs: JSON.stringify(seqs), ...flags({ ...scope, includeUndelivered }) };
    // A later redaction must find nothing of these bytes in free pages.
    await overwriteDeleted(this.#db);
    const chunk = await this.#db.write(() => {
      const chosen = this.#db.statement(sql.STILL_ELIGIBLE).all(parameters) as EligibleEvent[];
      return this.#take(chosen, record, now);
    });
    step(`retention.${record.kind}-purged`);
    return chunk;
  }

  /** Whether this archive holds the only bytes of any event in these ranges. */
  dependsOn(archiveId: string, seqs: SeqRanges): boolean {
    const held = this.#db.statement(sql.HELD_BY_ARCHIVE);
    return seqs.some(([first, last]) => held.get({ first, last, archiveId }) !== undefined);
  }

  /** Of how many events of these ranges this archive holds the only bytes. */
  countBehind(archiveId: string, seqs: SeqRanges): number {
    const count = this.#db.statement<[object], { events: number }>(sql.COUNT_BEHIND_ARCHIVE);
    return seqs.reduce(
      (sum, [first, last]) => sum + (count.get({ first, last, archiveId })?.events ?? 0),
      0,
    );
  }

  /** The same for an archive whose ranges nobody knows: looks through all purge records. */
  needsArchive(archiveId: string): boolean {
    return this.#db.statement(sql.NEEDS_ARCHIVE).get(archiveId) !== undefined;
  }

  /** Events with everything an archive keeps of them, in journal order. */
  records(seqs: readonly number[]): ArchiveRecord[] {
    const rows = this.#db.read(() =>
      this.#db.statement(sql.LOAD_RECORDS).all(JSON.stringify(seqs)),
    );
    return (rows as Record<string, unknown>[]).map(recordOf);
  }

  #take(chosen: readonly EligibleEvent[], record: PurgeRecord, at: number): PurgedChunk {
    const whole = this.#whole(chosen.map(({ seq }) => seq));
    const seqs = [...whole.keys()];
    withCounters(this.#db, seqs, () => {
      for (const [seq, digest] of whole) this.#takeOne(seq, digest, record, at);
    });
    const gone = chosen.filter(({ seq }) => whole.has(seq));
    return {
      events: gone.length,
      bytes: gone.reduce((sum, { size }) => sum + size, 0),
      damaged: chosen.length - gone.length,
    };
  }

  /** Canonical digests of those whose bytes are what was captured. */
  #whole(seqs: readonly number[]): Map<number, Buffer> {
    const digests = new Map<number, Buffer>();
    const rows = this.#db.statement(sql.LOAD_PAYLOADS).iterate(JSON.stringify(seqs));
    for (const { seq, sha256, bytes } of rows as Iterable<PayloadRow>)
      if (hash('sha256', bytes, 'buffer').equals(sha256)) digests.set(seq, canonicalDigest(bytes));
    return digests;
  }

  /** The durable record comes first: without it the database refuses the rest. */
  #takeOne(seq: number, digest: Buffer, record: PurgeRecord, at: number): void {
    const detail = record.kind === 'archive' ? record.archiveId : null;
    this.#db.statement(sql.INSERT_PURGE).run(seq, record.kind, at, digest, detail);
    const eventClass = record.kind === 'archive' ? 'archived' : 'purged';
    this.#db.statement(sql.MARK_GONE).run({ seq, class: eventClass, at });
    this.#db.statement(sql.REMOVE_LIVE).run({ seq });
    this.#db.statement(sql.REMOVE_TODO).run({ seq });
    this.#db.statement(sql.DELETE_PAYLOAD).run(seq);
  }
}

interface PayloadRow {
  readonly seq: number;
  readonly sha256: Buffer;
  readonly bytes: Buffer;
}

function flags(scope: RetentionScope) {
  return { capturedBy: scope.capturedBy, includeUndelivered: scope.includeUndelivered ? 1 : 0 };
}
