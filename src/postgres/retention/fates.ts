import { addedEvent } from '../../retention/added-event.js';
import type { ArchiveRecord } from '../../retention/archive-record.js';
import type { RestoredChunk, RestoreOrder } from '../../retention/restore-store.js';
import { storable } from '../text.js';
import type { Queries } from '../transaction.js';
import * as sql from './retention.sql.js';

/** What a restore makes of one record, and the row it is of. */
export interface Judged {
  readonly record: ArchiveRecord;
  readonly fate: keyof RestoredChunk;
  readonly seq: number | null;
}

interface ArchivedRow {
  readonly seq: number;
  readonly eventId: string;
  readonly sha256: Buffer;
  readonly present: boolean;
  readonly kind: 'gc' | 'archive' | 'redact' | null;
}

interface KnownId {
  readonly eventId: string;
  readonly known: boolean;
  readonly redacted: boolean;
}

/** The fate of each of these records; of one that comes twice, the second is there already. */
export async function fatesOf(
  queries: Queries,
  records: readonly ArchiveRecord[],
  order: RestoreOrder,
): Promise<Judged[]> {
  const rows = await rowsOf(queries, records);
  const strangers = records.filter((record) => !rows.has(keyOf(record)));
  const ids = await knownIds(queries, strangers);
  const back = new Set<number>();
  return records.map((record) => {
    const row = rows.get(keyOf(record));
    if (row === undefined) {
      const known = ids.get(storable(record.event_id));
      return { record, fate: fateOfStranger(record, known, order), seq: null };
    }
    const { seq, kind } = row;
    if (row.present || back.has(seq)) return { record, fate: 'present', seq };
    if (kind === 'redact' || record.bytes === null) return { record, fate: 'redacted', seq };
    back.add(seq);
    return { record, fate: 'restored', seq };
  });
}

/** Found by its number first; another journal gave other numbers. */
async function rowsOf(
  queries: Queries,
  records: readonly ArchiveRecord[],
): Promise<ReadonlyMap<string, ArchivedRow>> {
  const byNumber = await queries.all<ArchivedRow>(sql.FIND_ARCHIVED, {
    seqs: records.map(({ seq }) => seq),
  });
  const wanted = new Map(records.map((record) => [record.seq, keyOf(record)]));
  const found = new Map<string, ArchivedRow>();
  for (const row of byNumber)
    if (wanted.get(row.seq) === keyOfRow(row)) found.set(keyOfRow(row), row);
  const others = records.filter((record) => !found.has(keyOf(record)));
  if (others.length === 0) return found;
  const byContent = await queries.all<ArchivedRow>(sql.FIND_BY_CONTENT, {
    eventIds: others.map(({ event_id }) => storable(event_id)),
    digests: others.map(({ sha256 }) => Buffer.from(sha256, 'hex')),
  });
  for (const row of byContent) if (!found.has(keyOfRow(row))) found.set(keyOfRow(row), row);
  return found;
}

async function knownIds(
  queries: Queries,
  records: readonly ArchiveRecord[],
): Promise<ReadonlyMap<string, KnownId>> {
  if (records.length === 0) return new Map();
  const eventIds = [...new Set(records.map(({ event_id }) => storable(event_id)))];
  const rows = await queries.all<KnownId>(sql.KNOWN_IDS, { eventIds });
  return new Map(rows.map((row) => [row.eventId, row]));
}

function fateOfStranger(
  record: ArchiveRecord,
  id: KnownId | undefined,
  { addMissing }: RestoreOrder,
): keyof RestoredChunk {
  if (record.bytes === null || id?.redacted === true) return 'redacted';
  if (!addMissing || addedEvent(record) === undefined) return 'unknown';
  return id?.known === true ? 'conflicts' : 'added';
}

const keyOf = ({ event_id, sha256 }: ArchiveRecord): string => `${sha256} ${storable(event_id)}`;

const keyOfRow = ({ eventId, sha256 }: ArchivedRow): string =>
  `${sha256.toString('hex')} ${eventId}`;
