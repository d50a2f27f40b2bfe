import type { BatchIsolation, Outcome, Settlement } from '../dispatch/ports.js';
import type { Waits } from '../dispatch/waits.js';
import type { CauseChanges } from './causes.js';
import { INTERRUPTED } from './delivery-ledger.js';
import { countBy } from './lane-merge.js';
import { type DeliveryState, nextGeneration, transition, type Verdict } from './transition.js';

/** One verdict, ready to be applied. */
export interface Ruling {
  readonly event: { readonly seq: number; readonly originId: number };
  readonly outcome: Outcome;
  readonly posted: boolean;
  readonly dueNow: boolean;
  readonly isolation: BatchIsolation;
}

/** What is the same for every verdict of one unit of work. */
export interface Circumstances {
  readonly targetId: number;
  /** The pass that gives the verdicts: it selects none of these events again. */
  readonly passNo: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly httpStatus: number | null;
  readonly deploymentRef: number | null;
  random(): number;
  readonly waits: Waits;
  readonly attemptedAt?: number;
}

/** What a crash left in flight may have arrived: transient, and due at once. */
export const INTERRUPTED_RULING = {
  outcome: { kind: 'transient', reason: INTERRUPTED },
  posted: true,
  dueNow: true,
  isolation: 'any',
} as const satisfies Omit<Ruling, 'event'>;

/** Events after whose verdict it is known that they are not at the target; no other verdict tells that. */
export const refusedOf = (settlements: readonly Settlement[]): number[] =>
  settlements
    .filter(({ outcome: { kind } }) => kind === 'rejected' || kind === 'terminal_failed')
    .map(({ event }) => event.seq);

/** What the ledger and the journal know of the events of a batch; absent means nothing special. */
export interface Known {
  readonly deliveries: ReadonlyMap<number, DeliveryState>;
  /** 1: an operator wants it delivered again. */
  readonly todos: ReadonlyMap<number, number>;
  readonly classes: ReadonlyMap<number, string>;
}

/** First attempts that were accepted: their rows differ in nothing but the event. */
export interface AlikeRows {
  readonly state: DeliveryState;
  readonly seqs: readonly number[];
}

export interface TodoRow {
  readonly seq: number;
  readonly originId: number;
  readonly dueAt: number;
  readonly isolation: BatchIsolation;
}

export interface LedgerCount {
  readonly originId: number;
  readonly class: string;
  readonly status: string;
  readonly events: number;
}

/** Counter changes of one unit of work, each counter once. */
export class LedgerTally {
  readonly #targetId: number;
  readonly #causes: CauseChanges;
  readonly #counts = new Map<string, LedgerCount & { events: number }>();
  /** Deliveries that did not exist before. */
  newRows = 0;

  constructor(targetId: number, causes: CauseChanges) {
    this.#targetId = targetId;
    this.#causes = causes;
  }

  add(
    originId: number,
    eventClass: string,
    { status, lastError }: Pick<DeliveryState, 'status' | 'lastError'>,
    events: number,
  ): void {
    const key = `${originId} ${eventClass} ${status}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { originId, class: eventClass, status, events });
    else count.events += events;
    if (eventClass === 'live') this.#causes.add(this.#targetId, status, lastError, events);
  }

  /** Those that are not the same in the end. */
  get counts(): LedgerCount[] {
    return [...this.#counts.values()].filter(({ events }) => events !== 0);
  }
}

/** What verdicts change in the ledger, beside its counters. */
export interface LedgerChanges {
  readonly alike: readonly AlikeRows[];
  /** Rows whose generation goes to the history, before they are written. */
  readonly kept: readonly number[];
  readonly rows: readonly { readonly seq: number; readonly state: DeliveryState }[];
  readonly todos: readonly TodoRow[];
  /** Todos that are done. */
  readonly dropped: readonly number[];
}

/** What the verdicts change; counters and causes go to `tally`. */
export function ruled(
  rulings: readonly Ruling[],
  known: Known,
  given: Circumstances,
  tally: LedgerTally,
): LedgerChanges {
  const accepted = new Map<Outcome['kind'], Ruling[]>();
  const changes: Changes = { alike: [], kept: [], rows: [], todos: [], dropped: [] };
  for (const ruling of rulings) {
    if (!isPlain(ruling) || isKnown(known, ruling.event.seq)) {
      ruleOne(ruling, known, given, tally, changes);
      continue;
    }
    const alike = accepted.get(ruling.outcome.kind);
    if (alike === undefined) accepted.set(ruling.outcome.kind, [ruling]);
    else alike.push(ruling);
  }
  for (const alike of accepted.values()) changes.alike.push(acceptedAlike(alike, given, tally));
  return changes;
}

type Changes = { -readonly [Key in keyof LedgerChanges]: LedgerChanges[Key][number][] };

function isKnown({ deliveries, todos, classes }: Known, seq: number): boolean {
  return deliveries.has(seq) || todos.has(seq) || classes.has(seq);
}

/** Accepted, and the server said no more of it: the row has nothing of the event's own. */
function isPlain({ outcome, posted }: Ruling): boolean {
  if (outcome.kind !== 'success' && outcome.kind !== 'duplicate') return false;
  return posted && outcome.response === undefined;
}

/**
 * First attempts that were accepted, which most of a batch are. Within one unit
 * of work their states differ in nothing but the outcome: each is worked out once.
 */
function acceptedAlike(
  alike: readonly Ruling[],
  given: Circumstances,
  tally: LedgerTally,
): AlikeRows {
  const state = transition(undefined, verdictOf(alike[0] as Ruling, given));
  tally.newRows += alike.length;
  for (const [originId, events] of countBy(alike.map(({ event }) => event)))
    tally.add(originId, 'live', state, events);
  return { state, seqs: alike.map(({ event }) => event.seq) };
}

/** Field by field: this runs for many an event, and a spread costs more than the decision. */
function verdictOf(ruling: Ruling, given: Circumstances): Verdict {
  return {
    outcome: ruling.outcome,
    posted: ruling.posted,
    dueNow: ruling.dueNow,
    now: given.now,
    httpStatus: given.httpStatus,
    deploymentRef: given.deploymentRef,
    random: given.random,
    waits: given.waits,
    attemptedAt: given.attemptedAt,
  };
}

function ruleOne(
  ruling: Ruling,
  known: Known,
  given: Circumstances,
  tally: LedgerTally,
  changes: Changes,
): void {
  const { seq, originId } = ruling.event;
  const current = known.deliveries.get(seq);
  const eventClass = known.classes.get(seq) ?? 'live';
  const replayed = current !== undefined && known.todos.get(seq) === 1;
  const before = replayed ? nextGeneration(current) : current;
  const after = transition(before, verdictOf(ruling, given));
  if (replayed) changes.kept.push(seq);
  if (after !== before) {
    changes.rows.push({ seq, state: after });
    if (current === undefined) tally.newRows += 1;
    else tally.add(originId, eventClass, current, -1);
    tally.add(originId, eventClass, after, 1);
  }
  // A todo exists exactly while the event may be selected again; one that is not live may not.
  if (after.nextAttemptAt !== null && eventClass === 'live')
    changes.todos.push({ seq, originId, dueAt: after.nextAttemptAt, isolation: ruling.isolation });
  else if (known.todos.has(seq)) changes.dropped.push(seq);
}
