import type { Outcome } from '../../dispatch/ports.js';
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
import type { DeliveryState } from '../../ledger/transition.js';
import { rangeColumns } from '../ranges.js';
import { storable } from '../text.js';
import type { Transaction } from '../transaction.js';
import { writeCauses } from './causes.js';
import * as sql from './settle.sql.js';

interface KnownRow extends DeliveryState {
  readonly kind: 'delivery' | 'todo' | 'mark';
  readonly seq: number;
  readonly class: string;
  readonly replay: number;
}

/** Counters that verdicts changed; whoever applied them writes these too. */
export interface Counted {
  readonly newRows: number;
  readonly counts: readonly LedgerCount[];
}

/** Asks only for rows that exist, in one statement. */
export async function whatIsKnown(
  tx: Transaction,
  targetId: number,
  seqs: readonly number[],
): Promise<Known> {
  const deliveries = new Map<number, DeliveryState>();
  const todos = new Map<number, number>();
  const classes = new Map<number, string>();
  if (seqs.length > 0)
    for (const row of await tx.all<KnownRow>(sql.KNOWN, { targetId, ...rangeColumns(seqs) })) {
      const { kind, seq, class: eventClass, replay, ...state } = row;
      if (kind === 'delivery') deliveries.set(seq, state);
      else if (kind === 'todo') todos.set(seq, replay);
      else classes.set(seq, eventClass);
    }
  return { deliveries, todos, classes };
}

/**
 * Applies verdicts inside a transaction of the caller, causes included: a few
 * statements, however many events there are.
 */
export async function applyRulings(
  tx: Transaction,
  rulings: readonly Ruling[],
  known: Known,
  given: Circumstances,
): Promise<Counted> {
  const { targetId, passNo } = given;
  const causes = new CauseChanges();
  const tally = new LedgerTally(targetId, causes);
  const { alike, kept, rows, todos, dropped } = ruled(rulings.map(stored), known, given, tally);
  if (kept.length > 0) await tx.run(sql.KEEP_GENERATIONS, { targetId, seqs: kept });
  if (rows.length > 0) await tx.run(sql.WRITE_DELIVERIES, { targetId, ...deliveryColumns(rows) });
  for (const { state, seqs } of alike)
    await tx.run(sql.WRITE_ALIKE, { targetId, ...state, ...rangeColumns(seqs) });
  if (todos.length > 0) await tx.run(sql.WRITE_TODOS, { targetId, passNo, ...todoColumns(todos) });
  if (dropped.length > 0) await tx.run(sql.DROP_TODOS, { targetId, seqs: dropped });
  await writeCauses(tx, causes);
  return { newRows: tally.newRows, counts: tally.counts };
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
