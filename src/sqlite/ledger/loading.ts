import {
  type ClaimedEvent,
  type ClaimRequest,
  PAYLOAD_GONE,
  type Pass,
} from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import type { Selection } from '../../ledger/selection.js';
import { toRanges } from '../../ledger/seq-ranges.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';

/** The columns of events in their order: an array is read twice as fast as an object. */
type EventRow = readonly [
  seq: number,
  eventId: string,
  timestamp: string | null,
  /** 1: the bytes carry the id; 2: capture has read them as JSON. */
  flags: number,
  undeliverable: string | null,
  size: number,
  originId: number,
  capturedAt: number,
  /** This and the next are left out of first attempts. */
  attempted?: 0 | 1,
  generation?: number,
];

/** An event without its bytes yet. */
type Unfilled = { -readonly [Key in keyof ClaimedEvent]: ClaimedEvent[Key] };

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads events until the bytes of one request are used up. The selection is
 * in journal order, so what is cut off is never older than what is taken.
 */
export function loadEvents(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  selection: Selection,
  lanes: PassLanes,
): ClaimedEvent[] {
  const { maxBytes } = request.limits;
  const again = selection.events.filter(({ first }) => !first).map(({ seq }) => seq);
  const retries = new Set(again);
  const events: Unfilled[] = [];
  let used = 0;
  let reached = attemptedUpTo(db, pass.lease.targetId);
  for (const row of rowsOf(db, pass, selection, again)) {
    const event = unfilled(row, lanes, !retries.has(row[0]));
    if (event.first && event.seq > reached) event.previous = reached;
    reached = Math.max(reached, event.seq);
    used += request.wireSize(event);
    // One that is larger than a request should be is sent all the same, alone.
    if (events.length > 0 && used > maxBytes) break;
    events.push(event);
  }
  fill(db, events);
  return events;
}

function attemptedUpTo(db: JournalDatabase, targetId: number): number {
  const attempted = db.statement<object, number | null>(sql.ATTEMPTED).pluck();
  return attempted.get({ targetId }) ?? 0;
}

function rowsOf(
  db: JournalDatabase,
  { lease: { targetId } }: Pass,
  { events }: Selection,
  again: readonly number[],
): EventRow[] {
  const ranges = JSON.stringify(toRanges(events.map(({ seq }) => seq)));
  if (again.length === 0) return firstsIn(db, ranges);
  const given = { targetId, ranges, again: JSON.stringify(again) };
  return db.statement(sql.LOAD_EVENTS).raw().all(given) as EventRow[];
}

function firstsIn(db: JournalDatabase, ranges: string): EventRow[] {
  const columns = db.statement<object, string[]>(sql.LOAD_FIRSTS).raw().get({ ranges });
  const parsed = (columns ?? []).map((column) => JSON.parse(column) as unknown[]);
  const [seqs = [], ids, timestamps, flags, undeliverables, sizes, originIds, capturedAts] = parsed;
  // Each column by its name: this runs for every event.
  return seqs.map((seq, at) => [
    seq,
    ids?.[at],
    timestamps?.[at],
    flags?.[at],
    undeliverables?.[at],
    sizes?.[at],
    originIds?.[at],
    capturedAts?.[at],
  ]) as unknown as EventRow[];
}

function unfilled(row: EventRow, lanes: PassLanes, first: boolean): Unfilled {
  const [seq, eventId, timestamp, flags, undeliverable, size, originId, capturedAt] = row;
  const [attempted = 0, generation = 1] = [row[8], row[9]];
  const origin = lanes.originOf(originId);
  return {
    seq,
    eventId,
    eventType: origin.eventType,
    timestamp,
    carriesOwnId: (flags & 1) === 1,
    isJson: (flags & 2) === 2,
    undeliverable,
    size,
    originId,
    origin,
    first,
    capturedAt,
    bytes: NO_BYTES,
    attempted: attempted === 1,
    generation,
  };
}

/** Gives them their bytes: parts of one buffer, which lives as long as the last of them. */
function fill(db: JournalDatabase, events: readonly Unfilled[]): void {
  const ranges = JSON.stringify(toRanges(events.map(({ seq }) => seq)));
  const row = db.statement(sql.LOAD_PAYLOADS).raw().get({ ranges });
  const [all, seqs, lengths] = row as [Buffer | null, string, string];
  const [present, sizes] = [JSON.parse(seqs) as number[], JSON.parse(lengths) as number[]];
  let [at, from] = [0, 0];
  for (const event of events) {
    if (present[at] !== event.seq) {
      event.undeliverable = PAYLOAD_GONE;
      continue;
    }
    const to = from + (sizes[at] as number);
    event.bytes = all?.subarray(from, to) ?? NO_BYTES;
    // A comma lies between them.
    from = to + 1;
    at += 1;
  }
}
