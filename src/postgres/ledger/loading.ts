import {
  type ClaimedEvent,
  type ClaimRequest,
  PAYLOAD_GONE,
  type Pass,
} from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import type { Selection } from '../../ledger/selection.js';
import { rangeColumns } from '../ranges.js';
import type { Queries } from '../transaction.js';
import * as sql from './claim.sql.js';

interface EventRow {
  readonly seq: number;
  readonly eventId: string;
  readonly timestamp: string | null;
  readonly carriesId: 0 | 1;
  readonly isJson: boolean;
  readonly undeliverable: string | null;
  readonly size: number;
  readonly originId: number;
  readonly capturedAt: number;
  /** The highest number of which there was an attempt at the target, the same in each row; 0 before the first. */
  readonly attemptedUpTo: number;
  /** Null when they are gone. */
  readonly bytes: Buffer | null;
}

/** What a retry was before. */
interface Attempts {
  readonly seq: number;
  readonly attempted: boolean;
  readonly generation: number;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads events until the bytes of one request are used up. The selection is
 * in journal order, so what is cut off is never older than what is taken.
 */
export async function loadEvents(
  queries: Queries,
  pass: Pass,
  request: ClaimRequest,
  selection: Selection,
  lanes: PassLanes,
): Promise<ClaimedEvent[]> {
  const { maxBytes } = request.limits;
  const rows = await queries.all<EventRow>(sql.LOAD_EVENTS, {
    targetId: pass.lease.targetId,
    ...rangeColumns(selection.events.map(({ seq }) => seq)),
    maxBytes,
  });
  const again = selection.events.filter(({ first }) => !first).map(({ seq }) => seq);
  const attempts = await attemptsOf(queries, pass, again);
  const retries = new Set(again);
  const events: ClaimedEvent[] = [];
  let used = 0;
  let reached = rows[0]?.attemptedUpTo ?? 0;
  for (const row of rows) {
    const isBeyond = !retries.has(row.seq) && row.seq > reached;
    const event = {
      ...claimed(row, lanes, !retries.has(row.seq), attempts.get(row.seq)),
      ...(isBeyond ? { previous: reached } : {}),
    };
    reached = Math.max(reached, event.seq);
    used += request.wireSize(event);
    // One that is larger than a request should be is sent all the same, alone.
    if (events.length > 0 && used > maxBytes) break;
    events.push(event);
  }
  return events;
}

async function attemptsOf(
  queries: Queries,
  { lease: { targetId } }: Pass,
  seqs: readonly number[],
): Promise<Map<number, Attempts>> {
  if (seqs.length === 0) return new Map();
  const rows = await queries.all<Attempts>(sql.ATTEMPTS, { targetId, seqs });
  return new Map(rows.map((row) => [row.seq, row]));
}

function claimed(
  row: EventRow,
  lanes: PassLanes,
  first: boolean,
  attempts: Attempts | undefined,
): ClaimedEvent {
  const { seq, eventId, timestamp, size, originId, bytes } = row;
  const origin = lanes.originOf(originId);
  return {
    seq,
    eventId,
    eventType: origin.eventType,
    timestamp,
    carriesOwnId: row.carriesId === 1,
    isJson: row.isJson,
    undeliverable: bytes === null ? PAYLOAD_GONE : row.undeliverable,
    size,
    originId,
    origin,
    capturedAt: row.capturedAt,
    first,
    bytes: bytes ?? NO_BYTES,
    attempted: attempts?.attempted ?? false,
    generation: attempts?.generation ?? 1,
  };
}
