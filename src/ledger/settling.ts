import type { Company, Outcome } from '../dispatch/ports.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import * as sql from './settle.sql.js';
import {
  type DeliveryState,
  type DeliveryStatus,
  nextGeneration,
  transition,
} from './transition.js';

/** One verdict, ready to be applied. */
export interface Ruling {
  readonly seq: number;
  readonly originId: number;
  readonly outcome: Outcome;
  readonly posted: boolean;
  readonly dueNow: boolean;
  readonly company: Company;
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
}

interface KnownRow extends Omit<DeliveryState, 'status'> {
  seq: number;
  status: DeliveryStatus | null;
  replay: number | null;
  class: string;
}

/** Applies verdicts inside a transaction that the caller holds, counters included. */
export function applyRulings(
  db: JournalDatabase,
  rulings: readonly Ruling[],
  given: Circumstances,
): void {
  if (rulings.length === 0) return;
  const counts = new LedgerTally(db, given.targetId);
  const known = knownStates(db, rulings, given.targetId);
  for (const [i, ruling] of rulings.entries()) {
    applyOne(db, ruling, known[i] as KnownRow, given, counts);
  }
  counts.write();
}

function knownStates(
  db: JournalDatabase,
  rulings: readonly Ruling[],
  targetId: number,
): KnownRow[] {
  const events = JSON.stringify(rulings.map(({ seq, originId }) => [seq, originId]));
  return db.statement(sql.KNOWN_STATES).all({ events, targetId }) as KnownRow[];
}

function applyOne(
  db: JournalDatabase,
  ruling: Ruling,
  row: KnownRow,
  given: Circumstances,
  counts: LedgerTally,
): void {
  const current = row.status === null ? undefined : (row as DeliveryState);
  const replayed = current !== undefined && row.replay === 1;
  const before = replayed ? nextGeneration(current) : current;
  const after = transition(before, { ...given, ...ruling });
  if (replayed) db.statement(sql.KEEP_GENERATION).run(given.targetId, ruling.seq);
  if (after !== before) {
    writeDelivery(db, given.targetId, ruling.seq, after);
    if (current !== undefined) counts.add(ruling.originId, row.class, current.status, -1);
    counts.add(ruling.originId, row.class, after.status, 1);
  }
  writeTodo(db, ruling, row, after, given);
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

/** A todo exists exactly while the event may be selected again; one that is not live may not. */
function writeTodo(
  db: JournalDatabase,
  ruling: Ruling,
  row: KnownRow,
  after: DeliveryState,
  given: Circumstances,
): void {
  const { targetId, passNo } = given;
  if (after.nextAttemptAt !== null && row.class === 'live') {
    const { originId, seq, company } = ruling;
    db.statement(sql.WRITE_TODO).run(targetId, originId, seq, after.nextAttemptAt, passNo, company);
  } else if (row.replay !== null) {
    db.statement(sql.DROP_TODO).run(targetId, ruling.originId, ruling.seq);
  }
}

/** Counter changes of one unit of work, written once per counter. */
class LedgerTally {
  readonly #db: JournalDatabase;
  readonly #targetId: number;
  readonly #deltas = new Map<string, number>();

  constructor(db: JournalDatabase, targetId: number) {
    this.#db = db;
    this.#targetId = targetId;
  }

  add(originId: number, eventClass: string, status: DeliveryStatus, events: number): void {
    const key = `${originId} ${eventClass} ${status}`;
    this.#deltas.set(key, (this.#deltas.get(key) ?? 0) + events);
  }

  write(): void {
    const count = this.#db.statement(sql.COUNT_DELIVERIES);
    for (const [key, events] of this.#deltas) {
      const [originId, eventClass, status] = key.split(' ');
      if (events !== 0) count.run(this.#targetId, Number(originId), eventClass, status, events);
    }
  }
}
