import type { BatchIsolation, Outcome } from '../../dispatch/ports.js';
import type { Waits } from '../../dispatch/waits.js';
import { type DeliveryState, nextGeneration, transition } from '../../ledger/transition.js';
import type { JournalDatabase } from '../journal-database.js';
import { CauseTally } from './causes.js';
import * as sql from './settle.sql.js';

/** One verdict, ready to be applied. */
export interface Ruling {
  readonly seq: number;
  readonly originId: number;
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
  const rows = new DeliveryWriter(db, given.targetId);
  for (const ruling of rulings) applyOne(db, ruling, known, given, counts, rows);
  rows.writeAlike();
  counts.write();
}

/** Asks only for rows that exist: a first attempt has none, and most are first attempts. */
function whatIsKnown(db: JournalDatabase, rulings: readonly Ruling[], targetId: number): Known {
  const seqs = JSON.stringify(rulings.map((ruling) => ruling.seq));
  const deliveries = db.statement(sql.KNOWN_DELIVERIES).all({ seqs, targetId });
  const todos = db.statement(sql.KNOWN_TODOS).all({ seqs, targetId });
  const marks = db.statement(sql.KNOWN_MARKS).all({ seqs });
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

function applyOne(
  db: JournalDatabase,
  ruling: Ruling,
  known: Known,
  given: Circumstances,
  counts: LedgerTally,
  rows: DeliveryWriter,
): void {
  const { seq, originId } = ruling;
  const current = known.deliveries.get(seq);
  const eventClass = known.classes.get(seq) ?? 'live';
  const replayed = current !== undefined && known.todos.get(seq) === 1;
  const before = replayed ? nextGeneration(current) : current;
  // Field by field: this runs for every event, and a spread costs more than the decision.
  const after = transition(before, {
    outcome: ruling.outcome,
    posted: ruling.posted,
    dueNow: ruling.dueNow,
    now: given.now,
    httpStatus: given.httpStatus,
    deploymentRef: given.deploymentRef,
    random: given.random,
    waits: given.waits,
    attemptedAt: given.attemptedAt,
  });
  if (replayed) db.statement(sql.KEEP_GENERATION).run(given.targetId, seq);
  if (after !== before) {
    if (current === undefined && isFinal(after)) rows.addAlike(seq, after);
    else writeDelivery(db, given.targetId, seq, after);
    if (current === undefined) counts.addRow();
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

/** Nothing in it is the event's own: within one unit of work, such states differ in status alone. */
function isFinal({ nextAttemptAt, lastError, lastResponseJson }: DeliveryState): boolean {
  return nextAttemptAt === null && lastError === null && lastResponseJson === null;
}

/** Collects first deliveries that are alike, which most of them are. */
class DeliveryWriter {
  readonly #db: JournalDatabase;
  readonly #targetId: number;
  readonly #alike = new Map<string, { state: DeliveryState; seqs: number[] }>();

  constructor(db: JournalDatabase, targetId: number) {
    this.#db = db;
    this.#targetId = targetId;
  }

  addAlike(seq: number, state: DeliveryState): void {
    const key = `${state.status} ${state.attemptCount}`;
    const group = this.#alike.get(key);
    if (group === undefined) this.#alike.set(key, { state, seqs: [seq] });
    else group.seqs.push(seq);
  }

  writeAlike(): void {
    const write = this.#db.statement(sql.WRITE_ALIKE);
    for (const { state, seqs } of this.#alike.values())
      write.run({ ...state, targetId: this.#targetId, seqs: JSON.stringify(seqs) });
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

  /** A delivery that did not exist before. */
  addRow(): void {
    this.#newRows += 1;
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
