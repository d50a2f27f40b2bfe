import type { Claim, ClaimedEvent, ClaimRequest, Pass } from '../../dispatch/ports.js';
import { toRanges } from '../../ledger/seq-ranges.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';
import type { PassLanes } from './pass-lanes.js';
import {
  type Origins,
  originsOf,
  type SelectedEvent,
  type Selection,
  select,
} from './selection.js';

/** The columns of `LOAD_EVENTS` in their order: an array is read twice as fast as an object. */
type EventRow = readonly [
  seq: number,
  eventId: string,
  eventType: string,
  timestamp: string | null,
  carriesId: 0 | 1,
  isJson: 0 | 1,
  undeliverable: string | null,
  size: number,
  originId: number,
  bytes: Buffer | null,
  attempted: 0 | 1,
  generation: number,
];

const NO_PROJECT = { projectUuid: null, repoSlug: null, checkout: null };
const NO_BYTES = Buffer.alloc(0);

/**
 * Selects, marks as in flight and moves the cursors, inside a transaction that
 * the caller holds. Undefined when the pass has nothing left to send.
 */
export function claimBatch(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  claimId: string,
  lanes: PassLanes,
): Claim | undefined {
  const selection = select(db, pass, request, lanes);
  const events = selection === undefined ? [] : load(db, pass, request, selection);
  const taken = selection?.events.slice(0, events.length) ?? [];
  lanes.putBack(new Set(taken.map(({ seq }) => seq)));
  if (selection === undefined) return undefined;
  moveCursors(db, pass.lease.targetId, taken);
  const seqs = JSON.stringify(toRanges(taken.map((event) => event.seq)));
  db.statement(sql.INSERT_FLIGHT).run(pass.lease.targetId, claimId, seqs, request.now);
  return { claimId, isolation: selection.isolation, events };
}

/**
 * Reads events until the bytes of one request are used up. The selection is
 * in journal order, so what is cut off is never older than what is taken.
 */
function load(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  selection: Selection,
): ClaimedEvent[] {
  const { maxBytes } = request.limits;
  const rows = db
    .statement(sql.LOAD_EVENTS)
    .raw()
    .iterate({
      targetId: pass.lease.targetId,
      ranges: JSON.stringify(toRanges(selection.events.map((event) => event.seq))),
      again: JSON.stringify(selection.events.filter(({ first }) => !first).map(({ seq }) => seq)),
    }) as IterableIterator<EventRow>;
  const events: ClaimedEvent[] = [];
  const origins = originsOf(db, selection.events);
  const firsts = new Set(selection.events.filter(({ first }) => first).map(({ seq }) => seq));
  let used = 0;
  for (const row of rows) {
    const event = toClaimed(row, origins, firsts);
    used += request.wireSize(event);
    // One that is larger than a request should be is sent all the same, alone.
    if (events.length > 0 && used > maxBytes) break;
    events.push(event);
  }
  return events;
}

function toClaimed(row: EventRow, origins: Origins, firsts: ReadonlySet<number>): ClaimedEvent {
  const [
    seq,
    eventId,
    eventType,
    timestamp,
    carriesId,
    isJson,
    undeliverable,
    size,
    originId,
    bytes,
    attempted,
    generation,
  ] = row;
  return {
    seq,
    eventId,
    eventType,
    timestamp,
    carriesOwnId: carriesId === 1,
    isJson: isJson === 1,
    undeliverable:
      bytes === null ? 'its payload bytes are no longer in the journal' : undeliverable,
    size,
    originId,
    origin: origins.get(originId) ?? { ...NO_PROJECT, eventType },
    first: firsts.has(seq),
    bytes: bytes ?? NO_BYTES,
    attempted: attempted === 1,
    generation,
  };
}

function moveCursors(db: JournalDatabase, targetId: number, taken: readonly SelectedEvent[]): void {
  const cursors = new Map<number, number>();
  for (const event of taken) if (event.first) cursors.set(event.originId, event.seq);
  const move = db.statement(sql.MOVE_CURSOR);
  for (const [originId, seq] of cursors) move.run(targetId, originId, seq);
}
