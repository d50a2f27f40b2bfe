import type { NewEvent } from '../../journal/new-event.js';
import { addedEvent } from '../../retention/added-event.js';
import type { ArchiveRecord } from '../../retention/archive-record.js';
import {
  type RestoredChunk,
  type RestoreOrder,
  type RestoreStore,
  tally,
} from '../../retention/restore-store.js';
import { GroupWriter } from '../journal/group-writer.js';
import type { JournalDatabase } from '../journal-database.js';
import { withCounters } from './census.js';
import * as sql from './retention.sql.js';

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

/** RestoreStore on SQLite. */
export class SqliteRestore implements RestoreStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async preview(records: readonly ArchiveRecord[], order: RestoreOrder): Promise<RestoredChunk> {
    return this.#db.read(() => tally(records.map((record) => this.#fateOf(record, order).fate)));
  }

  /** A target whose lane has passed an event gets a todo. Triggers check the digests. */
  async restore(records: readonly ArchiveRecord[], order: RestoreOrder): Promise<RestoredChunk> {
    return this.#db.write(() => {
      const judged = records.map((record) => ({ record, ...this.#fateOf(record, order) }));
      const back = judged.filter(({ fate }) => fate === 'restored');
      const seqs = back.map(({ row }) => (row as ArchivedRow).seq);
      withCounters(this.#db, seqs, () => {
        for (const { record, row } of back) this.#restoreOne(record, row as ArchivedRow, order.now);
      });
      const missing = judged.filter(({ fate }) => fate === 'added' || fate === 'conflicts');
      const { duplicates, ...sum } = this.#add(
        missing.map(({ record }) => record),
        order,
      );
      const told = tally(judged.map(({ fate }) => fate));
      return { ...told, ...sum, present: told.present + duplicates };
    });
  }

  /** New rows with numbers of their own; of the archive the audit log says which it was. */
  #add(records: readonly ArchiveRecord[], { now, archiveId }: RestoreOrder) {
    const note = { sourceDigest: archiveId, foundAt: now };
    const writer = new GroupWriter(this.#db, 'archive', new Map(), note);
    const sum = { added: 0, conflicts: 0, duplicates: 0 };
    for (const record of records) {
      const event = addedEvent(record) as NewEvent;
      const { verdict } = writer.writeOne(event);
      if (verdict === 'conflict') sum.conflicts += 1;
      // The same content in another spelling.
      if (verdict === 'duplicate') sum.duplicates += 1;
      if (verdict !== 'captured') continue;
      sum.added += 1;
      this.#db.statement(sql.AUDIT_ADDED).run(now, event.eventId, event.eventType, archiveId);
    }
    writer.finish();
    return sum;
  }

  #fateOf(record: ArchiveRecord, order: RestoreOrder): { fate: Fate; row?: ArchivedRow } {
    const row = this.#rowOf(record);
    if (row === undefined) return { fate: this.#fateOfStranger(record, order) };
    if (row.present === 1) return { fate: 'present' };
    if (row.kind === 'redact' || record.bytes === null) return { fate: 'redacted' };
    return { fate: 'restored', row };
  }

  /** Found by its number first, which is one look; another journal gave other numbers. */
  #rowOf({ seq, event_id, sha256 }: ArchiveRecord): ArchivedRow | undefined {
    const row = this.#db.statement(sql.FIND_ARCHIVED).get(seq) as ArchivedRow | undefined;
    if (row?.eventId === event_id && row.sha256.toString('hex') === sha256) return row;
    return this.#db.statement(sql.FIND_BY_CONTENT).get(event_id, Buffer.from(sha256, 'hex')) as
      | ArchivedRow
      | undefined;
  }

  #fateOfStranger(record: ArchiveRecord, { addMissing }: RestoreOrder): Fate {
    const isRedacted = this.#db.statement(sql.FIND_REDACTION).get(record.event_id) !== undefined;
    if (record.bytes === null || isRedacted) return 'redacted';
    if (!addMissing || addedEvent(record) === undefined) return 'unknown';
    return this.#db.statement(sql.KNOWS_ID).get(record.event_id) === undefined
      ? 'added'
      : 'conflicts';
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
