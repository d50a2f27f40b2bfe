import {
  type ClaimedEvent,
  type ClaimRequest,
  PAYLOAD_GONE,
  type Pass,
} from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import { bySeq, type Selection } from '../../ledger/selection.js';
import type { BinaryRow } from '../copy-out.js';
import { type RangeColumns, rangeColumns } from '../ranges.js';
import type { Queries } from '../transaction.js';
import * as sql from './claim.sql.js';

/** An event as it is claimed, before its payload and its earlier attempts are known. */
type Loaded = { -readonly [Key in keyof ClaimedEvent]: ClaimedEvent[Key] };

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
  const { targetId } = pass.lease;
  const ranges = rangeColumns(selection.events.map(({ seq }) => seq));
  const payloads = new Payloads(queries);
  // Where all that was selected fitted the last time, bytes are not waited for until their sizes are known.
  const small = lanes.allFitted ? payloads.read(sql.LOAD_SMALL_PAYLOADS, ranges) : undefined;
  // The highest number of which there was an attempt at the target; each row says it.
  let reached: number | undefined;
  const read = (row: BinaryRow): Loaded => {
    const event = eventOf(row, lanes);
    reached ??= row.int64();
    return event;
  };
  const reading = queries.many(sql.LOAD_EVENTS, { targetId, ...ranges }, read);
  const [selected] = await Promise.all([reading, small]);
  const events = asManyAsFit(selected.sort(bySeq), request);
  await payloads.addTo(events);
  const again = selection.events.filter(({ first }) => !first).map(({ seq }) => seq);
  await addAttempts(queries, pass, events, again);
  addPrevious(events, reached ?? 0);
  return events;
}

/** Field by field, in the order of the statement: this runs for many an event. */
function eventOf(row: BinaryRow, lanes: PassLanes): Loaded {
  const seq = row.int64();
  const originId = row.int64();
  const origin = lanes.originOf(originId);
  return {
    seq,
    originId,
    origin,
    eventType: origin.eventType,
    size: row.int64(),
    capturedAt: row.int64(),
    carriesOwnId: row.int32() === 1,
    isJson: row.int32() === 1,
    eventId: row.text() ?? '',
    timestamp: row.text(),
    undeliverable: row.text(),
    bytes: NO_BYTES,
    first: true,
    attempted: false,
    generation: 1,
  };
}

function addPrevious(events: readonly Loaded[], attemptedUpTo: number): void {
  let reached = attemptedUpTo;
  for (const event of events) {
    if (event.first && event.seq > reached) event.previous = reached;
    reached = Math.max(reached, event.seq);
  }
}

/** Those that come first, up to the bytes of one request. */
function asManyAsFit(selected: readonly Loaded[], request: ClaimRequest): Loaded[] {
  const events: Loaded[] = [];
  let used = 0;
  for (const event of selected) {
    used += request.wireSize(event);
    // One that is larger than a request should be is sent all the same, alone.
    if (events.length > 0 && used > request.limits.maxBytes) break;
    events.push(event);
  }
  return events;
}

/** Bytes of events, as they are read. */
class Payloads {
  readonly #queries: Queries;
  readonly #bytes = new Map<number, Buffer>();

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async read(statement: string, ranges: RangeColumns): Promise<void> {
    await this.#queries.many(statement, ranges, (row) =>
      this.#bytes.set(row.int64(), row.bytes() ?? NO_BYTES),
    );
  }

  /** Reads those that are missing; what is missing after that is gone. */
  async addTo(events: readonly Loaded[]): Promise<void> {
    const missing = events.map(({ seq }) => seq).filter((seq) => !this.#bytes.has(seq));
    if (missing.length > 0) await this.read(sql.LOAD_PAYLOADS, rangeColumns(missing));
    for (const event of events) {
      const bytes = this.#bytes.get(event.seq);
      if (bytes === undefined) event.undeliverable = PAYLOAD_GONE;
      else event.bytes = bytes;
    }
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
