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
import { columnsOfRanges } from '../ranges.js';
import type { Transaction } from '../transaction.js';
import { withCounters } from './census.js';
import * as sql from './retention.sql.js';

/** Pairs of target and origin: what targets do not get by its type. */
interface ExcludedLanes {
  readonly lanes: readonly number[];
  readonly origins: readonly number[];
}

const NO_LANES: ExcludedLanes = { lanes: [], origins: [] };

/** Of payloads that were read: canonical digests of the whole ones; undefined where the bytes are not what was captured. */
type Digests = ReadonlyMap<number, Buffer | undefined>;

/** RetentionStore on PostgreSQL. Each method is one transaction. */
export class PostgresRetention implements RetentionStore {
  readonly #db: JournalDatabase;
  readonly #lanes = new WeakMap<TypesByTarget, ExcludedLanes>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async head(): Promise<number> {
    return (await this.#db.get<{ head: number }>(sql.JOURNAL_HEAD))?.head ?? 0;
  }

  async eligible(span: SeqSpan, scope: RetentionScope): Promise<EligibleEvent[]> {
    const given = { ...span, ...(await this.#parameters(scope)) };
    return this.#db.all<EligibleEvent>(sql.ELIGIBLE_IN_SPAN, given);
  }

  async own(records: readonly ArchiveRecord[]): Promise<number[]> {
    const seqs = records.map(({ seq }) => seq);
    const rows = await this.#db.all<OwnRow>(sql.FIND_ARCHIVED, { seqs });
    const known = new Map(rows.map((row) => [row.seq, row]));
    return records
      .filter(({ seq, event_id, sha256, bytes }) => {
        const row = known.get(seq);
        const isSame = row?.eventId === event_id && row.sha256.toString('hex') === sha256;
        return bytes !== null && isSame;
      })
      .map(({ seq }) => seq);
  }

  async purge(
    seqs: readonly number[],
    scope: RetentionScope,
    record: PurgeRecord,
    now: number,
  ): Promise<PurgedChunk> {
    // No flag lets gc have what a target still lacks.
    const includeUndelivered = record.kind === 'archive' && scope.includeUndelivered;
    const given = { seqs, ...(await this.#parameters({ ...scope, includeUndelivered })) };
    // Payloads never change: they are read and digested before any lock is held.
    const digests = await this.#digests(seqs);
    const chunk = await this.#db.write(['journal', 'classes'], async (tx) => {
      const chosen = await tx.all<EligibleEvent>(sql.STILL_ELIGIBLE, given);
      return take(tx, chosen, digests, record, now);
    });
    step(`retention.${record.kind}-purged`);
    return chunk;
  }

  async dependsOn(archiveId: string, seqs: SeqRanges): Promise<boolean> {
    const asked = { archiveId, ...columnsOfRanges(seqs) };
    return (await this.#db.get(sql.HELD_BY_ARCHIVE, asked)) !== undefined;
  }

  async countBehind(archiveId: string, seqs: SeqRanges): Promise<number> {
    const asked = { archiveId, ...columnsOfRanges(seqs) };
    return (await this.#db.get<{ events: number }>(sql.COUNT_BEHIND_ARCHIVE, asked))?.events ?? 0;
  }

  async needsArchive(archiveId: string): Promise<boolean> {
    return (await this.#db.get(sql.NEEDS_ARCHIVE, { archiveId })) !== undefined;
  }

  async records(seqs: readonly number[]): Promise<ArchiveRecord[]> {
    const rows = await this.#db.all<Record<string, unknown>>(sql.LOAD_RECORDS, { seqs });
    return rows.map(recordOf);
  }

  async #digests(seqs: readonly number[]): Promise<Digests> {
    const rows = await this.#db.all<PayloadRow>(sql.LOAD_PAYLOADS, { seqs });
    return new Map(
      rows.map(({ seq, sha256, bytes }) => {
        const isWhole = hash('sha256', bytes, 'buffer').equals(sha256);
        return [seq, isWhole ? canonicalDigest(bytes) : undefined];
      }),
    );
  }

  async #parameters({ capturedBy, includeUndelivered, typesOf }: RetentionScope) {
    const excluded = typesOf === undefined ? NO_LANES : await this.#excludedLanes(typesOf);
    return { capturedBy, includeUndelivered, ...excluded };
  }

  /** Read once for each run: an origin that comes later is not among them, and keeps its bytes. */
  async #excludedLanes(typesOf: TypesByTarget): Promise<ExcludedLanes> {
    const known = this.#lanes.get(typesOf);
    if (known !== undefined) return known;
    const origins = await this.#db.all<OriginType>(sql.TYPES_OF_ORIGINS);
    const pairs = [...typesOf].flatMap(([targetId, types]) =>
      origins
        .filter(({ eventType }) => !passesTypes(types, eventType))
        .map(({ id }) => [targetId, id] as const),
    );
    const lanes = { lanes: pairs.map(([target]) => target), origins: pairs.map(([, id]) => id) };
    this.#lanes.set(typesOf, lanes);
    return lanes;
  }
}

async function take(
  tx: Transaction,
  chosen: readonly EligibleEvent[],
  digests: Digests,
  record: PurgeRecord,
  at: number,
): Promise<PurgedChunk> {
  // What came back from an archive since the payloads were read is not among them, and stays.
  const read = chosen.filter(({ seq }) => digests.has(seq));
  const gone = read.filter(({ seq }) => digests.get(seq) !== undefined);
  const seqs = gone.map(({ seq }) => seq);
  await withCounters(tx, seqs, async () => {
    // The durable record comes first: without it the database refuses the rest.
    await tx.run(sql.INSERT_PURGES, {
      seqs,
      at,
      digests: seqs.map((seq) => digests.get(seq)),
      kind: record.kind,
      detail: record.kind === 'archive' ? record.archiveId : null,
    });
    const eventClass = record.kind === 'archive' ? 'archived' : 'purged';
    await tx.run(sql.MARK_GONE, { seqs, class: eventClass, at });
    await tx.run(sql.REMOVE_LIVE, { seqs });
    await tx.run(sql.REMOVE_TODO, { seqs });
    await tx.run(sql.DELETE_PAYLOADS, { seqs });
  });
  return {
    events: gone.length,
    bytes: gone.reduce((sum, { size }) => sum + size, 0),
    damaged: read.length - gone.length,
  };
}

interface OwnRow {
  readonly seq: number;
  readonly eventId: string;
  readonly sha256: Buffer;
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
