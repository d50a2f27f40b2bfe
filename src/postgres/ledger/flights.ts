import type { Claim, ClaimedEvent, Pass, SettleRequest } from '../../dispatch/ports.js';
import type { Waits } from '../../dispatch/waits.js';
import { interruptedRow, postRow } from '../../ledger/post-row.js';
import { INTERRUPTED_RULING, type Ruling, refusedOf } from '../../ledger/rulings.js';
import { fromRanges, type SeqRanges, takeOut } from '../../ledger/seq-ranges.js';
import { withoutWords } from '../../ledger/unsaid.js';
import { columnsOfRanges } from '../ranges.js';
import type { Transaction } from '../transaction.js';
import { healthValues } from './health.js';
import * as passSql from './pass.sql.js';
import { postValues } from './post-log.js';
import { giveBack } from './releasing.js';
import { followUnarrived } from './revisions.js';
import * as sql from './settle.sql.js';
import {
  applyRulings,
  countColumns,
  type FlightKnown,
  type FlightRow,
  whatIsKnown,
} from './settling.js';

/** What backoffs are made of. */
export interface Jitter {
  random(): number;
  readonly waits: Waits;
}

/** What a crash left in flight may have arrived: transient, and due at once. Returns how many there were. */
export async function recoverFlight(
  tx: Transaction,
  targetId: number,
  now: number,
  jitter: Jitter,
): Promise<number> {
  const flight = await tx.get<FlightRow>(sql.FIND_FLIGHT, { targetId });
  if (flight === undefined) return 0;
  const ranges = JSON.parse(flight.seqs) as SeqRanges;
  const events = await tx.all<Ruling['event']>(sql.ORIGINS_OF, columnsOfRanges(ranges));
  const rulings = events.map((event): Ruling => ({ event, ...INTERRUPTED_RULING }));
  const passNo = (await tx.get<{ passNo: number }>(passSql.PASS_NO, { targetId }))?.passNo ?? 0;
  const known = await whatIsKnown(tx, targetId, ranges);
  const { newRows, counts, alike } = await applyRulings(tx, rulings, known, {
    targetId,
    passNo,
    now,
    attemptedAt: Math.min(flight.startedAt, now),
    httpStatus: null,
    deploymentRef: null,
    ...jitter,
  });
  await tx.run(sql.WRITE_ALIKE, { targetId, ...alike });
  await tx.run(sql.COUNT_NEW_ROWS, { targetId, events: newRows });
  await tx.run(sql.COUNT_DELIVERIES, { targetId, ...countColumns(counts) });
  await tx.run(sql.LOG_POST, { targetId, passNo, ...postValues(interruptedRow(flight, now)) });
  await tx.run(sql.END_FLIGHT, { targetId, ...flightLeft(flight, [], now) });
  return fromRanges(ranges).length;
}

/** False, and nothing has changed, when the lease or the flight has moved on: then `found` is undefined. */
export async function settleEvents(
  tx: Transaction,
  pass: Pass,
  found: FlightKnown | undefined,
  request: SettleRequest,
  jitter: Jitter,
): Promise<boolean> {
  if (found === undefined) return (await isLogged(tx, pass, request)) || isDone(tx, pass);
  const { targetId } = pass.lease;
  const judged = request.settlements.map(({ event }) => event.seq);
  const posted = request.post?.events.map(({ seq }) => seq) ?? [];
  const { flight, known } = found;
  const { left, taken } = takeOut(JSON.parse(flight.seqs) as SeqRanges, judged);
  if (await isLogged(tx, pass, request)) return true;
  if (tx.mayBeStored && judged.length > 0 && taken.size === 0) return true;
  // An event of the post was redacted while it was on its way.
  const isOvertaken = posted.some((seq) => known.classes.get(seq) === 'redacted');
  const heard = isOvertaken ? withoutWords(request) : request;
  // An event gets no second verdict, and none that is not in flight gets any.
  const rulings = heard.settlements.filter(({ event }) => taken.delete(event.seq));
  const { newRows, counts, alike } = await applyRulings(tx, rulings, known, {
    targetId,
    passNo: pass.passNo,
    now: heard.now,
    httpStatus: heard.post?.report.httpStatus ?? null,
    deploymentRef: heard.deploymentRef,
    ...jitter,
  });
  tx.later(sql.FINISH, {
    targetId,
    passNo: pass.passNo,
    newRows,
    ...alike,
    ...countColumns(counts),
    ...postValues(heard.post && postRow(heard.post)),
    ...flightLeft(flight, left, heard.now),
    ...healthValues(heard.health),
  });
  await followUnarrived(tx, targetId, refusedOf(heard.settlements));
  return true;
}

/** Gives events back. False, and nothing has changed, when the lease or the flight has moved on. */
export async function releaseEvents(
  tx: Transaction,
  pass: Pass,
  claim: Claim,
  events: readonly ClaimedEvent[],
): Promise<boolean> {
  const flight = await flightOf(tx, pass, claim);
  if (flight === undefined) return isDone(tx, pass);
  const { targetId } = pass.lease;
  const given = events.map(({ seq }) => seq);
  const { left, taken } = takeOut(JSON.parse(flight.seqs) as SeqRanges, given);
  const back = events.filter(({ seq }) => taken.delete(seq));
  await giveBack(tx, pass, back);
  await tx.run(sql.END_FLIGHT, { targetId, ...flightLeft(flight, left, flight.startedAt) });
  await followUnarrived(
    tx,
    targetId,
    back.map(({ seq }) => seq),
  );
  return true;
}

/** Of what broke during COMMIT: whether its post is in the log, and so all of it is stored. */
async function isLogged(tx: Transaction, pass: Pass, { post }: SettleRequest): Promise<boolean> {
  if (!tx.mayBeStored || post === undefined) return false;
  const { targetId } = pass.lease;
  const values = { targetId, passNo: pass.passNo, ...postValues(postRow(post)) };
  return (await tx.get(sql.FIND_LOGGED, values)) !== undefined;
}

/**
 * Of what broke during COMMIT, and finds its flight gone: whether it is stored. Nobody else ends
 * the flights of whoever holds the lease.
 */
async function isDone(tx: Transaction, { lease }: Pass): Promise<boolean> {
  return tx.mayBeStored && (await tx.get(passSql.HOLDS_LEASE, { ...lease })) !== undefined;
}

/** The flight of this claim; undefined when the lease or the flight has moved on. */
function flightOf(
  tx: Transaction,
  { lease }: Pass,
  { claimId }: Claim,
): Promise<FlightRow | undefined> {
  return tx.get<FlightRow>(sql.FLIGHT_OF_CLAIM, { ...lease, claimId });
}

/** What stays in flight after a post is about to be posted again: its time starts at `from`. */
function flightLeft({ claimId }: FlightRow, left: SeqRanges, from: number) {
  return { claimId, left: left.length === 0 ? null : JSON.stringify(left), flightFrom: from };
}
