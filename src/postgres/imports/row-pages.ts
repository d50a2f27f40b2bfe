import {
  identityOfRow,
  type QueueRow,
  type RowIdentity,
} from '../../spec-kitty/legacy/queue-row.js';
import { storable } from '../text.js';
import type { Queries } from '../transaction.js';
import * as sql from './imports.sql.js';

/** Rows of an old file that are read, compared and written at once. */
const MOST_ROWS = 500;
const MOST_BYTES = 4 * 1024 * 1024;

/** Rows in pages; no page has two rows of one number, as a damaged file may. */
export function* rowPages(rows: Iterable<QueueRow>): Generator<QueueRow[]> {
  let page: QueueRow[] = [];
  let ids = new Set<bigint>();
  let bytes = 0;
  for (const row of rows) {
    if (page.length === MOST_ROWS || bytes >= MOST_BYTES || ids.has(row.id)) {
      yield page;
      page = [];
      ids = new Set();
      bytes = 0;
    }
    page.push(row);
    ids.add(row.id);
    bytes += row.data.length;
  }
  if (page.length > 0) yield page;
}

/** A row with the number that its next version gets. */
export interface NumberedRow {
  readonly row: QueueRow;
  readonly identity: RowIdentity;
  /** Undefined when this very content was imported from this row before. */
  readonly version: number | undefined;
}

interface KnownVersion {
  readonly rowId: string;
  readonly sha256: Buffer;
  readonly eventId: string;
}

/** Numbers the rows of one page. */
export async function numbered(
  queries: Pick<Queries, 'all'>,
  sourceId: number,
  page: readonly QueueRow[],
): Promise<NumberedRow[]> {
  const rowIds = page.map(({ id }) => String(id));
  const known = await queries.all<KnownVersion>(sql.KNOWN_VERSIONS, { sourceId, rowIds });
  const byRow = new Map<string, KnownVersion[]>();
  for (const one of known) byRow.set(one.rowId, [...(byRow.get(one.rowId) ?? []), one]);
  return page.map((row) => {
    const identity = identityOfRow(row);
    const versions = byRow.get(String(row.id)) ?? [];
    const isKnown = versions.some(
      ({ sha256, eventId }) =>
        sha256.equals(identity.sha256) && eventId === storable(identity.eventId),
    );
    return { row, identity, version: isKnown ? undefined : versions.length + 1 };
  });
}
