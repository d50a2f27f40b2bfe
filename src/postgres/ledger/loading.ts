import {
  type ClaimedEvent,
  type ClaimRequest,
  PAYLOAD_GONE,
  type Pass,
} from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import type { Selection } from '../../ledger/selection.js';
import type { BinaryRow } from '../copy-out.js';
import { rangeColumns } from '../ranges.js';
import type { Queries } from '../transaction.js';
import * as sql from './claim.sql.js';

/** An event as it is claimed, before its payload and its earlier attempts are known. */
type Loaded = { -readonly [Key in keyof ClaimedEvent]: ClaimedEvent[Key] };

interface EventRow {
  readonly event: Loaded;
  /** The highest number of which there was an attempt at the target, the same in each row; 0 before the first. */
  readonly attemptedUpTo: number;
}

/** What a retry was before. */
interface Attempts {
  readonly seq: number;
  readonly attempted: boolean;
  readonly generation: number;
}

const NO_BYTES = Buffer.alloc(0);

/** Where events come from whose bytes were parsed when they were captured. */
const JSON_SOURCES: ReadonlySet<string | null> = new Set(['capture', 'spool']);

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
  const { targetId } = pass.lease;
  const ranges = rangeColumns(selection.events.map(({ seq }) => seq));
  const rows = await queries.many(sql.LOAD_EVENTS, { targetId, ...ranges }, (row) =>
    eventRow(row, lanes),
  );
  rows.sort((a, b) => a.event.seq - b.event.seq);
  const events = asManyAsFit(rows, request);
  await addPayloads(queries, events);
  const again = selection.events.filter(({ first }) => !first).map(({ seq }) => seq);
  await addAttempts(queries, pass, events, again);
  let reached = rows[0]?.attemptedUpTo ?? 0;
  for (const event of events) {
    if (event.first && event.seq > reached) event.previous = reached;
    reached = Math.max(reached, event.seq);
  }
  return events;
}

/** Field by field, in the order of the statement: this runs for many an event. */
function eventRow(row: BinaryRow, lanes: PassLanes): EventRow {
  const seq = row.int64();
  const originId = row.int64();
  const origin = lanes.originOf(originId);
  const event: Loaded = {
    seq,
    originId,
    origin,
    eventType: origin.eventType,
    size: row.int64(),
    capturedAt: row.int64(),
    carriesOwnId: row.int32() === 1,
    isJson: JSON_SOURCES.has(row.text()),
    eventId: row.text() ?? '',
    timestamp: row.text(),
    undeliverable: row.text(),
    bytes: NO_BYTES,
    first: true,
    attempted: false,
    generation: 1,
  };
  return { event, attemptedUpTo: row.int64() };
}

/** Those that come first, up to the bytes of one request. */
function asManyAsFit(rows: readonly EventRow[], request: ClaimRequest): Loaded[] {
  const events: Loaded[] = [];
  let used = 0;
  for (const { event } of rows) {
    used += request.wireSize(event);
    // One that is larger than a request should be is sent all the same, alone.
    if (events.length > 0 && used > request.limits.maxBytes) break;
    events.push(event);
  }
  return events;
}

async function addPayloads(queries: Queries, events: readonly Loaded[]): Promise<void> {
  const ranges = rangeColumns(events.map(({ seq }) => seq));
  const payloads = new Map<number, Buffer>();
  await queries.many(sql.LOAD_PAYLOADS, ranges, (row) =>
    payloads.set(row.int64(), row.bytes() ?? NO_BYTES),
  );
  for (const event of events) {
    const bytes = payloads.get(event.seq);
    if (bytes === undefined) event.undeliverable = PAYLOAD_GONE;
    else event.bytes = bytes;
  }
}

/** Says of retries that they are, and what they were before. */
async function addAttempts(
  queries: Queries,
  { lease: { targetId } }: Pass,
  events: readonly Loaded[],
  again: readonly number[],
): Promise<void> {
  if (again.length === 0) return;
  const rows = await queries.all<Attempts>(sql.ATTEMPTS, { targetId, seqs: again });
  const attempts = new Map(rows.map((row) => [row.seq, row]));
  const retries = new Set(again);
  for (const event of events) {
    event.first = !retries.has(event.seq);
    event.attempted = attempts.get(event.seq)?.attempted ?? false;
    event.generation = attempts.get(event.seq)?.generation ?? 1;
  }
}
