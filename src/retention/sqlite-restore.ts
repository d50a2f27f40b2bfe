import type { JournalDatabase } from '../storage/journal-database.js';
import type { ArchiveRecord } from './archive-record.js';
import { withCounters } from './census.js';
import * as sql from './retention.sql.js';

/** How many records of a chunk met which fate. */
export interface RestoredChunk {
  readonly restored: number;
  readonly present: number;
  readonly redacted: number;
  readonly unknown: number;
}

type Fate = keyof RestoredChunk;

interface ArchivedRow {
  readonly seq: number;
  readonly eventId: string;
  readonly originId: number;
  readonly sha256: Buffer;
  readonly present: 0 | 1;
  readonly kind: 'gc' | 'archive' | 'redact' | null;
  readonly class: string | null;
}

/** The only store that brings bytes back. */
export class SqliteRestore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  /** What `restore` would do. Reads only. */
  preview(records: readonly ArchiveRecord[]): RestoredChunk {
    return this.#db.read(() => tally(records.map((record) => this.#fateOf(record).fate)));
  }

  /**
   * Brings these back in one transaction: bytes, class, and a todo for every
   * target whose lane has passed them. The database checks the digests.
   */
  async restore(records: readonly ArchiveRecord[], now: number): Promise<RestoredChunk> {
    return this.#db.write(() => {
      const judged = records.map((record) => ({ record, ...this.#fateOf(record) }));
      const back = judged.filter(({ fate }) => fate === 'restored');
      const seqs = back.map(({ record }) => record.seq);
      withCounters(this.#db, seqs, () => {
        for (const { record, row } of back) this.#restoreOne(record, row as ArchivedRow, now);
      });
      return tally(judged.map(({ fate }) => fate));
    });
  }

  #fateOf(record: ArchiveRecord): { fate: Fate; row?: ArchivedRow } {
    const row = this.#db.statement(sql.FIND_ARCHIVED).get(record.seq) as ArchivedRow | undefined;
    if (row?.eventId !== record.event_id || row.sha256.toString('hex') !== record.sha256)
      return { fate: 'unknown' };
    if (row.present === 1) return { fate: 'present' };
    if (row.kind === 'redact' || record.bytes === null) return { fate: 'redacted' };
    return { fate: 'restored', row };
  }

  #restoreOne(record: ArchiveRecord, row: ArchivedRow, now: number): void {
    const { seq, originId } = row;
    this.#db.statement(sql.INSERT_PAYLOAD).run(seq, record.bytes);
    this.#db.statement(sql.DELETE_PURGE).run(seq);
    if (this.#db.statement(sql.STAYS_REPLACED).run({ seq }).changes > 0) return;
    // A coalesced event keeps its mark: it is readable again, and never sent.
    if (this.#db.statement(sql.UNMARK).run(seq).changes === 0) return;
    this.#db.statement(sql.INSERT_LIVE).run(originId, seq);
    this.#db.statement(sql.OWE_AGAIN).run({ seq, originId, now });
  }
}

function tally(fates: readonly Fate[]): RestoredChunk {
  const sum = { restored: 0, present: 0, redacted: 0, unknown: 0 };
  for (const fate of fates) sum[fate] += 1;
  return sum;
}
