import { randomUUID } from 'node:crypto';
import type { Claim, ClaimedEvent, ClaimRequest, Pass } from '../../dispatch/ports.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import {
  cursorsAfter,
  isAsRead,
  type ReadAhead,
  type SelectedEvent,
  type Selection,
} from '../../ledger/selection.js';
import { joinRanges, rangesContain, type SeqRanges, toRanges } from '../../ledger/seq-ranges.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries, Transaction } from '../transaction.js';
import * as sql from './claim.sql.js';
import { loadEvents } from './loading.js';
import { HOLDS_LEASE } from './pass.sql.js';
import { type LaneStarts, readStarts, select } from './selection.js';
import { FLIGHT_OF_CLAIM } from './settle.sql.js';

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
    const starts = await readStarts(queries, pass, request, lanes);
    const selection = await select(queries, pass, request, lanes, starts);
    if (selection?.events.every(({ first }) => first) !== true) {
      lanes.putBack(0);
      return undefined;
    }
    const events = await loadEvents(queries, pass, request, selection, lanes);
    return { lanes, selection, events, limits: request.limits };
  });
}

/** What comes next in the lanes of a pass, for the beginning of a transaction that claims. */
export function openLanes(
  queries: Queries,
  pass: Pass,
  request: ClaimRequest,
  lanes: PassLanes,
): Promise<LaneStarts> {
  // What an earlier look, or a try of this transaction, took out of them.
  lanes.putBack(0);
  return readStarts(queries, pass, request, lanes);
}

/** How a claim ended, once its transaction has. */
export interface ClaimEnd {
  /** Undefined when the pass has nothing left to send. */
  readonly claim?: Claim;
  /** How many rows it wrote, or asked about: none, and nothing has changed, when the lease has moved on. */
  readonly rows: Promise<number>;
}

/** Whether a claim whose transaction broke during COMMIT is stored after all. */
export async function isStored(
  tx: Transaction,
  { lease }: Pass,
  { claim }: ClaimEnd,
): Promise<boolean> {
  if (!tx.mayBeStored || claim === undefined) return false;
  const values = { ...lease, claimId: claim.claimId };
  return (await tx.get(FLIGHT_OF_CLAIM, values)) !== undefined;
}

/**
 * Selects, marks as in flight and moves the cursors, inside a transaction of the
 * caller that began with `openLanes`. Once that is committed, `lanes` are to be told how many
 * first attempts were taken: until then it may be run again.
 */
export async function claimBatch(
  tx: Transaction,
  pass: Pass,
  request: ClaimRequest,
  {
    lanes,
    starts,
    ahead,
  }: {
    readonly lanes: PassLanes;
    readonly starts: LaneStarts;
    readonly ahead: Ahead | undefined;
  },
): Promise<ClaimEnd> {
  const selection = await select(tx, pass, request, lanes, starts);
  if (selection === undefined) return { rows: tx.later(HOLDS_LEASE, { ...pass.lease }) };
  const events = await eventsOf(tx, pass, request, selection, lanes, ahead);
  const taken = selection.events.slice(0, events.length);
  const claimId = randomUUID();
  const rows = tx.later(sql.INSERT_FLIGHT, {
    ...pass.lease,
    ...cursorColumns(taken),
    claimId,
    seqs: JSON.stringify(toRanges(taken.map(({ seq }) => seq))),
    now: request.now,
  });
  return { claim: { claimId, isolation: selection.isolation, events }, rows };
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
  starts: LaneStarts,
): Promise<Claim | undefined> {
  const { lanes, events } = ahead;
  const { isolation } = ahead.selection;
  const before = JSON.parse(flight.seqs) as SeqRanges;
  const claim = { claimId: flight.claimId, isolation, events };
  if (tx.mayBeStored && events.every(({ seq }) => rangesContain(before, seq))) return claim;
  const selection = await select(tx, pass, request, lanes, starts);
  if (selection === undefined || !isAsRead(selection, request, ahead)) return undefined;
  const taken = selection.events.slice(0, events.length);
  tx.later(sql.JOIN_FLIGHT, {
    targetId: pass.lease.targetId,
    ...cursorColumns(taken),
    claimId: flight.claimId,
    seqs: JSON.stringify(joinRanges(before, toRanges(taken.map(({ seq }) => seq)))),
    now: request.now,
  });
  return claim;
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
