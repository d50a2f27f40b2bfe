import type { BatchIsolation, Outcome } from '../../dispatch/ports.js';
import type { Waits } from '../../dispatch/waits.js';
import { toRanges } from '../../ledger/seq-ranges.js';
import {
  type DeliveryState,
  nextGeneration,
  transition,
  type Verdict,
} from '../../ledger/transition.js';
import type { JournalDatabase } from '../journal-database.js';
import { CauseTally } from './causes.js';
import * as sql from './settle.sql.js';

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

/** What the ledger and the journal know of the events of a batch; absent means nothing special. */
interface Known {
  readonly deliveries: ReadonlyMap<number, DeliveryState>;
  /** 1: an operator wants it delivered again. */
  readonly todos: ReadonlyMap<number, number>;
  readonly classes: ReadonlyMap<number, string>;
}

/** Applies verdicts inside a transaction that the caller holds, counters included. */
export function applyRulings(
  db: JournalDatabase,
  rulings: readonly Ruling[],
  given: Circumstances,
): void {
  if (rulings.length === 0) return;
  const counts = new LedgerTally(db, given.targetId);
  const known = whatIsKnown(db, rulings, given.targetId);
  const accepted = new FirstAcceptances();
  for (const ruling of rulings)
    if (!isPlain(ruling) || isKnown(known, ruling.event.seq))
      applyOne(db, ruling, known, given, counts);
    else accepted.add(ruling);
  accepted.write(db, given, counts);
  counts.write();
}

/** Asks only for rows that exist: a first attempt has none, and most are first attempts. */
function whatIsKnown(db: JournalDatabase, rulings: readonly Ruling[], targetId: number): Known {
  const ranges = JSON.stringify(toRanges(rulings.map(({ event }) => event.seq)));
  const deliveries = db.statement(sql.KNOWN_DELIVERIES).all({ ranges, targetId });
  const todos = db.statement(sql.KNOWN_TODOS).all({ ranges, targetId });
  const marks = db.statement(sql.KNOWN_MARKS).all({ ranges });
  return {
    deliveries: new Map(
      (deliveries as (DeliveryState & { seq: number })[]).map((row) => [row.seq, row]),
    ),
    todos: new Map(
      (todos as { seq: number; replay: number }[]).map((row) => [row.seq, row.replay]),
    ),
    classes: new Map(
      (marks as { seq: number; class: string }[]).map((row) => [row.seq, row.class]),
    ),
  };
}

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
class FirstAcceptances {
  readonly #byKind = new Map<Outcome['kind'], Ruling[]>();

  add(ruling: Ruling): void {
    const alike = this.#byKind.get(ruling.outcome.kind);
    if (alike === undefined) this.#byKind.set(ruling.outcome.kind, [ruling]);
    else alike.push(ruling);
  }

  write(db: JournalDatabase, given: Circumstances, counts: LedgerTally): void {
    for (const alike of this.#byKind.values()) {
      const state = transition(undefined, verdictOf(alike[0] as Ruling, given));
      const seqs = alike.map(({ event }) => event.seq);
      const ranges = JSON.stringify(toRanges(seqs));
      db.statement(sql.WRITE_ALIKE).run({ ...state, targetId: given.targetId, ranges });
      counts.addRows(alike.length);
      const byOrigin = new Map<number, number>();
      for (const { event } of alike)
        byOrigin.set(event.originId, (byOrigin.get(event.originId) ?? 0) + 1);
      for (const [originId, events] of byOrigin) counts.add(originId, 'live', state, events);
    }
  }
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

function applyOne(
  db: JournalDatabase,
  ruling: Ruling,
  known: Known,
  given: Circumstances,
  counts: LedgerTally,
): void {
  const { seq, originId } = ruling.event;
  const current = known.deliveries.get(seq);
  const eventClass = known.classes.get(seq) ?? 'live';
  const replayed = current !== undefined && known.todos.get(seq) === 1;
  const before = replayed ? nextGeneration(current) : current;
  const after = transition(before, verdictOf(ruling, given));
  if (replayed) db.statement(sql.KEEP_GENERATION).run(given.targetId, seq);
  if (after !== before) {
    writeDelivery(db, given.targetId, seq, after);
    if (current === undefined) counts.addRows(1);
    else counts.add(originId, eventClass, current, -1);
    counts.add(originId, eventClass, after, 1);
  }
  // A todo exists exactly while the event may be selected again; one that is not live may not.
  if (after.nextAttemptAt !== null && eventClass === 'live') {
    const due = after.nextAttemptAt;
    db.statement(sql.WRITE_TODO).run(
      given.targetId,
      originId,
      seq,
      due,
      given.passNo,
      ruling.isolation,
    );
  } else if (known.todos.has(seq)) {
    db.statement(sql.DROP_TODO).run(given.targetId, seq);
  }
}

function writeDelivery(
  db: JournalDatabase,
  targetId: number,
  seq: number,
  state: DeliveryState,
): void {
  db.statement(sql.WRITE_DELIVERY).run(
    targetId,
    seq,
    state.status,
    state.attemptCount,
    state.rejectionCount,
    state.firstAttemptedAt,
    state.lastAttemptedAt,
    state.acceptedAt,
    state.completedAt,
    state.nextAttemptAt,
    state.serverDrainState,
    state.lastHttpStatus,
    state.lastError,
    state.lastResponseJson,
    state.deploymentRef,
    state.generation,
  );
}

/** Counter changes of one unit of work, written once per counter. */
class LedgerTally {
  readonly #db: JournalDatabase;
  readonly #targetId: number;
  readonly #deltas = new Map<string, number>();
  readonly #causes: CauseTally;
  #newRows = 0;

  constructor(db: JournalDatabase, targetId: number) {
    this.#db = db;
    this.#targetId = targetId;
    this.#causes = new CauseTally(db);
  }

  add(
    originId: number,
    eventClass: string,
    { status, lastError }: Pick<DeliveryState, 'status' | 'lastError'>,
    events: number,
  ): void {
    const key = `${originId} ${eventClass} ${status}`;
    this.#deltas.set(key, (this.#deltas.get(key) ?? 0) + events);
    if (eventClass === 'live') this.#causes.add(this.#targetId, status, lastError, events);
  }

  /** Deliveries that did not exist before. */
  addRows(rows: number): void {
    this.#newRows += rows;
  }

  write(): void {
    if (this.#newRows > 0)
      this.#db.statement(sql.COUNT_NEW_ROWS).run(this.#newRows, this.#targetId);
    const count = this.#db.statement(sql.COUNT_DELIVERIES);
    for (const [key, events] of this.#deltas) {
      const [originId, eventClass, status] = key.split(' ');
      if (events !== 0) count.run(this.#targetId, Number(originId), eventClass, status, events);
    }
    this.#causes.write();
  }
}
