import { hash } from 'node:crypto';
import { step } from '../../base/steps.js';
import { canonicalDigest } from '../../json/canonical.js';
import type { SeqRanges } from '../../ledger/seq-ranges.js';
import { passesTypes } from '../../policy/type-filter.js';
import { type ArchiveRecord, recordOf } from '../../retention/archive-record.js';
import type {
  EligibleEvent,
  PurgedChunk,
  PurgeRecord,
  RetentionStore,
  SeqSpan,
} from '../../retention/retention-store.js';
import type { RetentionScope, TypesByTarget } from '../../retention/scope.js';
import type { JournalDatabase } from '../journal-database.js';
import { withCounters } from './census.js';
import { overwriteDeleted } from './journal-space.js';
import * as sql from './retention.sql.js';

/** RetentionStore on SQLite. Each method is one transaction. */
export class SqliteRetention implements RetentionStore {
  readonly #db: JournalDatabase;
  /** Pairs of target and origin, as JSON: what targets do not get by its type. */
  readonly #lanes = new WeakMap<TypesByTarget, string>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async head(): Promise<number> {
    return (this.#db.statement(sql.JOURNAL_HEAD).get() as { head: number }).head;
  }

  async eligible(span: SeqSpan, scope: RetentionScope): Promise<EligibleEvent[]> {
    const chosen = this.#db.read(() =>
      this.#db.statement(sql.ELIGIBLE_IN_SPAN).all({ ...span, ...this.#parameters(scope) }),
    );
    return (chosen as EligibleRow[]).map((row) => ({
      ...row,
      coalesced: row.coalesced === 1,
      settled: row.settled === 1,
    }));
  }

  async own(records: readonly ArchiveRecord[]): Promise<number[]> {
    return records.filter((record) => this.#isOwn(record)).map(({ seq }) => seq);
  }

  async purge(
    seqs: readonly number[],
    scope: RetentionScope,
    record: PurgeRecord,
    now: number,
  ): Promise<PurgedChunk> {
    // No flag lets gc have what a target still lacks.
    const includeUndelivered = record.kind === 'archive' && scope.includeUndelivered;
    const given = this.#parameters({ ...scope, includeUndelivered });
    const parameters = { seqs: JSON.stringify(seqs), ...given };
    // A later redaction must find nothing of these bytes in free pages.
    await overwriteDeleted(this.#db);
    const chunk = await this.#db.write(() => {
      const chosen = this.#db.statement(sql.STILL_ELIGIBLE).all(parameters) as EligibleRow[];
      return this.#take(chosen, record, now);
    });
    step(`retention.${record.kind}-purged`);
    return chunk;
  }

  async dependsOn(archiveId: string, seqs: SeqRanges): Promise<boolean> {
    const held = this.#db.statement(sql.HELD_BY_ARCHIVE);
    return seqs.some(([first, last]) => held.get({ first, last, archiveId }) !== undefined);
  }

  async countBehind(archiveId: string, seqs: SeqRanges): Promise<number> {
    const count = this.#db.statement<[object], { events: number }>(sql.COUNT_BEHIND_ARCHIVE);
    return seqs.reduce(
      (sum, [first, last]) => sum + (count.get({ first, last, archiveId })?.events ?? 0),
      0,
    );
  }

  async needsArchive(archiveId: string): Promise<boolean> {
    return this.#db.statement(sql.NEEDS_ARCHIVE).get(archiveId) !== undefined;
  }

  async records(seqs: readonly number[]): Promise<ArchiveRecord[]> {
    const rows = this.#db.read(() =>
      this.#db.statement(sql.LOAD_RECORDS).all(JSON.stringify(seqs)),
    );
    return (rows as Record<string, unknown>[]).map(recordOf);
  }

  #parameters({ capturedBy, includeUndelivered, typesOf }: RetentionScope) {
    const excluded = typesOf === undefined ? '[]' : this.#excludedLanes(typesOf);
    return { capturedBy, includeUndelivered: includeUndelivered ? 1 : 0, excluded };
  }

  /** Read once for each run: an origin that comes later is not among them, and keeps its bytes. */
  #excludedLanes(typesOf: TypesByTarget): string {
    const known = this.#lanes.get(typesOf);
    if (known !== undefined) return known;
    const origins = this.#db.statement(sql.TYPES_OF_ORIGINS).all() as OriginType[];
    const lanes = [...typesOf].flatMap(([targetId, types]) =>
      origins
        .filter(({ eventType }) => !passesTypes(types, eventType))
        .map(({ id }) => [targetId, id]),
    );
    const excluded = JSON.stringify(lanes);
    this.#lanes.set(typesOf, excluded);
    return excluded;
  }

  #isOwn({ seq, event_id, sha256, bytes }: ArchiveRecord): boolean {
    const row = this.#db.statement(sql.FIND_ARCHIVED).get(seq) as
      | { eventId: string; sha256: Buffer }
      | undefined;
    return bytes !== null && row?.eventId === event_id && row.sha256.toString('hex') === sha256;
  }

  #take(chosen: readonly EligibleRow[], record: PurgeRecord, at: number): PurgedChunk {
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

interface EligibleRow {
  readonly seq: number;
  readonly size: number;
  readonly coalesced: 0 | 1;
  readonly settled: 0 | 1;
}

interface OriginType {
  readonly id: number;
  readonly eventType: string;
}

interface PayloadRow {
  readonly seq: number;
  readonly sha256: Buffer;
  readonly bytes: Buffer;
}
