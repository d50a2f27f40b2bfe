import type { Claim, ClaimedEvent, ClaimRequest, Pass } from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import {
  cursorsAfter,
  isAsRead,
  type ReadAhead,
  type SelectedEvent,
  type Selection,
} from '../../ledger/selection.js';
import { joinRanges, type SeqRanges, toRanges } from '../../ledger/seq-ranges.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Transaction } from '../transaction.js';
import * as sql from './claim.sql.js';
import { loadEvents } from './loading.js';
import { select } from './selection.js';

/** What a claim would take, read before its time. */
export interface Ahead extends ReadAhead {
  /** Where it was selected from; what it took out of them is put back, or claimed. */
  readonly lanes: PassLanes;
}

/** Undefined where retries take part: they may be in flight, and change with every verdict. */
export async function readAhead(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  lanes: PassLanes,
): Promise<Ahead | undefined> {
  if (request.pendingOnly === true || lanes.retries('any').size > 0) return undefined;
  return db.read(async (queries) => {
    // What was taken out of them before the connection broke.
    lanes.putBack(0);
    const selection = await select(queries, pass, request, lanes);
    if (selection?.events.every(({ first }) => first) !== true) {
      lanes.putBack(0);
      return undefined;
    }
    const events = await loadEvents(queries, pass, request, selection, lanes);
    return { lanes, selection, events, limits: request.limits };
  });
}

/**
 * Selects, marks as in flight and moves the cursors, inside a transaction of the
 * caller. Once that is committed, `lanes` are to be told how many first attempts were
 * taken: until then it may be run again. `claim` is undefined when the pass has nothing left to send; `isHeld` is
 * false, and nothing has changed, when the lease has moved on.
 */
export async function claimBatch(
  tx: Transaction,
  pass: Pass,
  request: ClaimRequest,
  claimId: string,
  lanes: PassLanes,
  ahead?: Ahead,
): Promise<{ readonly claim?: Claim; readonly isHeld?: boolean }> {
  // What an earlier look, or a try of this transaction, took out of them.
  lanes.putBack(0);
  const selection = await select(tx, pass, request, lanes);
  if (selection === undefined) return {};
  const events = await eventsOf(tx, pass, request, selection, lanes, ahead);
  const taken = selection.events.slice(0, events.length);
  const inserted = await tx.run(sql.INSERT_FLIGHT, {
    ...pass.lease,
    ...cursorColumns(taken),
    claimId,
    seqs: JSON.stringify(toRanges(taken.map(({ seq }) => seq))),
    now: request.now,
  });
  if (inserted === 0) return { isHeld: false };
  return { claim: { claimId, isolation: selection.isolation, events }, isHeld: true };
}

/**
 * Adds what was read ahead to the flight of another claim, inside a transaction
 * of the caller, as above. Undefined, with nothing changed, when it is not what a claim
 * would take.
 */
export async function claimAhead(
  tx: Transaction,
  pass: Pass,
  request: ClaimRequest,
  flight: { readonly claimId: string; readonly seqs: string },
  ahead: Ahead,
): Promise<Claim | undefined> {
  const { lanes, events } = ahead;
  lanes.putBack(0);
  const selection = await select(tx, pass, request, lanes);
  if (selection === undefined || !isAsRead(selection, request, ahead)) return undefined;
  const taken = selection.events.slice(0, events.length);
  const before = JSON.parse(flight.seqs) as SeqRanges;
  await tx.run(sql.JOIN_FLIGHT, {
    targetId: pass.lease.targetId,
    ...cursorColumns(taken),
    claimId: flight.claimId,
    seqs: JSON.stringify(joinRanges(before, toRanges(taken.map(({ seq }) => seq)))),
    now: request.now,
  });
  return { claimId: flight.claimId, isolation: selection.isolation, events };
}

/** Payloads never change, so that those of first attempts need not be read again. */
async function eventsOf(
  tx: Transaction,
  pass: Pass,
  request: ClaimRequest,
  selection: Selection,
  lanes: PassLanes,
  ahead: Ahead | undefined,
): Promise<readonly ClaimedEvent[]> {
  if (ahead !== undefined && isAsRead(selection, request, ahead)) return ahead.events;
  return loadEvents(tx, pass, request, selection, lanes);
}

function cursorColumns(taken: readonly SelectedEvent[]) {
  const cursors = cursorsAfter(taken);
  return { originIds: [...cursors.keys()], cursors: [...cursors.values()] };
}
