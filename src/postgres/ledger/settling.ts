import type { Claim, Outcome, Pass, SettleRequest } from '../../dispatch/ports.js';
import { CauseChanges } from '../../ledger/causes.js';
import {
  type Circumstances,
  type Known,
  type LedgerCount,
  LedgerTally,
  type Ruling,
  ruled,
  type TodoRow,
} from '../../ledger/rulings.js';
import { joinRanges, type SeqRanges, toRanges } from '../../ledger/seq-ranges.js';
import { type DeliveryState, NEVER_ATTEMPTED } from '../../ledger/transition.js';
import { columnsOfRanges, rangeColumns } from '../ranges.js';
import { storable } from '../text.js';
import type { Queries, Transaction } from '../transaction.js';
import { writeCauses } from './causes.js';
import * as sql from './settle.sql.js';

interface KnownRow extends DeliveryState {
  readonly kind: 'delivery' | 'todo' | 'mark' | 'flight';
  readonly number: number;
  readonly text: string;
  readonly replay: number;
}

/** What is in flight for a target. */
export interface FlightRow {
  readonly claimId: string;
  readonly seqs: string;
  /** When the post began that is on the wire, or is about to. */
  readonly startedAt: number;
}

/** What is left to write of verdicts that were applied; whoever applied them does it at the end. */
export interface Unwritten {
  readonly newRows: number;
  readonly counts: readonly LedgerCount[];
  /** Values of a statement with `WRITE_ALIKE`; without ranges where no deliveries are left. */
  readonly alike: Readonly<Record<string, unknown>>;
}

/** Asks only for rows that exist, in one statement. */
export async function whatIsKnown(
  tx: Transaction,
  targetId: number,
  ranges: SeqRanges,
): Promise<Known> {
  return knownFrom(await tx.all<KnownRow>(sql.KNOWN, { targetId, ...columnsOfRanges(ranges) }));
}

/** What is known of a flight and of its events that were posted or judged. */
export interface FlightKnown {
  readonly flight: FlightRow;
  readonly known: Known;
}

/** Undefined when the lease or the flight has moved on. */
export async function knownInFlight(
  queries: Queries,
  { lease }: Pass,
  { claimId }: Claim,
  { settlements, post }: SettleRequest,
): Promise<FlightKnown | undefined> {
  const judged = toRanges(settlements.map(({ event }) => event.seq));
  const ranges = joinRanges(judged, toRanges(post?.events.map(({ seq }) => seq) ?? []));
  const values = { ...lease, claimId, ...columnsOfRanges(ranges) };
  queries.later(sql.KEEP_PLANS);
  const rows = await queries.all<KnownRow>(sql.KNOWN_AND_FLIGHT, values);
  const found = rows.find(({ kind }) => kind === 'flight');
  if (found === undefined) return undefined;
  const flight = { claimId, seqs: found.text, startedAt: found.number };
  return { flight, known: knownFrom(rows) };
}

function knownFrom(rows: readonly KnownRow[]): Known {
  const deliveries = new Map<number, DeliveryState>();
  const todos = new Map<number, number>();
  const classes = new Map<number, string>();
  for (const { kind, number, text, replay, ...state } of rows)
    if (kind === 'delivery') deliveries.set(number, state);
    else if (kind === 'todo') todos.set(number, replay);
    else if (kind === 'mark') classes.set(number, text);
  return { deliveries, todos, classes };
}

/**
 * Applies verdicts inside a transaction of the caller, causes included, but for what it
 * returns: a few statements, however many events there are.
 */
export async function applyRulings(
  tx: Transaction,
  rulings: readonly Ruling[],
  known: Known,
  given: Circumstances,
): Promise<Unwritten> {
  const { targetId, passNo } = given;
  const causes = new CauseChanges();
  const tally = new LedgerTally(targetId, causes);
  const { alike, kept, rows, todos, dropped } = ruled(rulings.map(stored), known, given, tally);
  if (kept.length > 0) tx.later(sql.KEEP_GENERATIONS, { targetId, seqs: kept });
  if (rows.length > 0) tx.later(sql.WRITE_DELIVERIES, { targetId, ...deliveryColumns(rows) });
  const [last, ...others] = alike.map(({ state, seqs }) => ({ ...state, ...rangeColumns(seqs) }));
  for (const values of others) tx.later(sql.WRITE_ALIKE, { targetId, ...values });
  if (todos.length > 0) tx.later(sql.WRITE_TODOS, { targetId, passNo, ...todoColumns(todos) });
  if (dropped.length > 0) tx.later(sql.DROP_TODOS, { targetId, seqs: dropped });
  await writeCauses(tx, causes);
  const { newRows, counts } = tally;
  return { newRows, counts, alike: last ?? { ...NEVER_ATTEMPTED, ...rangeColumns([]) } };
}

/** A ruling whose texts can be stored. */
function stored(ruling: Ruling): Ruling {
  const { outcome } = ruling;
  const isBare =
    outcome.response === undefined && !('reason' in outcome || 'serverState' in outcome);
  return isBare ? ruling : { ...ruling, outcome: storableOutcome(outcome) };
}

function storableOutcome(outcome: Outcome): Outcome {
  const said = Object.entries(outcome) as [string, string][];
  return Object.fromEntries(said.map(([name, text]) => [name, storable(text)])) as Outcome;
}

function deliveryColumns(rows: readonly { readonly seq: number; readonly state: DeliveryState }[]) {
  const of = <K extends keyof DeliveryState>(name: K) => rows.map(({ state }) => state[name]);
  return {
    seqs: rows.map(({ seq }) => seq),
    statuses: of('status'),
    attemptCounts: of('attemptCount'),
    rejectionCounts: of('rejectionCount'),
    firstAttemptedAts: of('firstAttemptedAt'),
    lastAttemptedAts: of('lastAttemptedAt'),
    acceptedAts: of('acceptedAt'),
    completedAts: of('completedAt'),
    nextAttemptAts: of('nextAttemptAt'),
    serverDrainStates: of('serverDrainState'),
    lastHttpStatuses: of('lastHttpStatus'),
    lastErrors: of('lastError'),
    lastResponses: of('lastResponseJson'),
    deploymentRefs: of('deploymentRef'),
    generations: of('generation'),
  };
}

function todoColumns(todos: readonly TodoRow[]) {
  return {
    originIds: todos.map(({ originId }) => originId),
    seqs: todos.map(({ seq }) => seq),
    dueAts: todos.map(({ dueAt }) => dueAt),
    companies: todos.map(({ isolation }) => isolation),
  };
}

/** Counters as the arrays that their statements take. */
export function countColumns(counts: readonly LedgerCount[]) {
  return {
    originIds: counts.map(({ originId }) => originId),
    classes: counts.map((count) => count.class),
    statuses: counts.map(({ status }) => status),
    events: counts.map(({ events }) => events),
  };
}
