import type { Claim, ClaimedEvent, ClaimRequest, Pass } from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import {
  cursorsAfter,
  firstsAmong,
  isAsRead,
  type ReadAhead,
  type SelectedEvent,
  type Selection,
} from '../../ledger/selection.js';
import { joinRanges, type SeqRanges, toRanges } from '../../ledger/seq-ranges.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';
import { loadEvents } from './loading.js';
import { select } from './selection.js';
import { CHANGE_FLIGHT } from './settle.sql.js';

/** What a claim would take, read before its time. */
export interface Ahead extends ReadAhead {
  /** Where it was selected from; what it took out of them is put back, or claimed. */
  readonly lanes: PassLanes;
  /** Of the database when it was read: the selection is the same as long as nothing was written. */
  readonly version: string;
}

/** Undefined where retries take part: they may be in flight, and change with every verdict. */
export function readAhead(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  lanes: PassLanes,
): Ahead | undefined {
  if (request.pendingOnly === true || lanes.retries('any').size > 0) return undefined;
  return db.read(() => {
    const selection = select(db, pass, request, lanes);
    if (selection?.events.every(({ first }) => first) !== true) {
      lanes.putBack(0);
      return undefined;
    }
    const events = loadEvents(db, pass, request, selection, lanes);
    const { limits } = request;
    return { lanes, selection, events, limits, version: db.version() };
  });
}

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
  ahead?: Ahead,
): Claim | undefined {
  const selection = selectAgain(db, pass, request, lanes, ahead);
  const events =
    selection === undefined ? [] : eventsOf(db, pass, request, selection, lanes, ahead);
  const taken = selection?.events.slice(0, events.length) ?? [];
  lanes.putBack(firstsAmong(taken));
  if (selection === undefined) return undefined;
  moveCursors(db, pass.lease.targetId, taken);
  const seqs = JSON.stringify(toRanges(taken.map((event) => event.seq)));
  db.statement(sql.INSERT_FLIGHT).run(pass.lease.targetId, claimId, seqs, request.now);
  return { claimId, isolation: selection.isolation, events };
}

/**
 * Adds what was read ahead to the flight of another claim, inside a transaction
 * that the caller holds. Undefined, with nothing changed, when it is not what a
 * claim would take.
 */
export function claimAhead(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  flight: { readonly claimId: string; readonly seqs: string },
  ahead: Ahead,
): Claim | undefined {
  const { lanes, events } = ahead;
  const selection = selectAgain(db, pass, request, lanes, ahead);
  if (selection === undefined || !isAsRead(selection, request, ahead)) {
    lanes.putBack(0);
    return undefined;
  }
  const taken = selection.events.slice(0, events.length);
  lanes.putBack(firstsAmong(taken));
  const { targetId } = pass.lease;
  moveCursors(db, targetId, taken);
  const before = JSON.parse(flight.seqs) as SeqRanges;
  const seqs = JSON.stringify(joinRanges(before, toRanges(taken.map(({ seq }) => seq))));
  db.statement(CHANGE_FLIGHT).run(seqs, request.now, targetId, flight.claimId);
  return { claimId: flight.claimId, isolation: selection.isolation, events };
}

/** What was selected ahead where nothing can have changed since; else a new selection. */
function selectAgain(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  lanes: PassLanes,
  ahead: Ahead | undefined,
): Selection | undefined {
  if (ahead?.lanes === lanes) {
    const asksTheSame = request.limits.maxEvents === ahead.limits.maxEvents;
    if (asksTheSame && db.version() === ahead.version) return ahead.selection;
    lanes.putBack(0);
  }
  return select(db, pass, request, lanes);
}

/** Payloads never change, so that those of first attempts need not be read again. */
function eventsOf(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  selection: Selection,
  lanes: PassLanes,
  ahead: Ahead | undefined,
): readonly ClaimedEvent[] {
  if (ahead !== undefined && isAsRead(selection, request, ahead)) return ahead.events;
  return loadEvents(db, pass, request, selection, lanes);
}

function moveCursors(db: JournalDatabase, targetId: number, taken: readonly SelectedEvent[]): void {
  const move = db.statement(sql.MOVE_CURSOR);
  for (const [originId, seq] of cursorsAfter(taken)) move.run(targetId, originId, seq);
}
