import { turn } from '../../base/pace.js';
import type { BatchIsolation, ClaimRequest, Pass, Permission } from '../../dispatch/ports.js';
import { LaneHeap } from '../../ledger/lane-heap.js';
import type { LaneEvent, LaneHead, Merged } from '../../ledger/lane-merge.js';
import { type OriginColumns, originFields } from '../../ledger/origins.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';

/** Origins read at a time: some milliseconds, then the event loop gets its turn. */
const PAGE = 500;

/** Companies of retries, in the order in which a pass takes them. */
const ISOLATIONS: readonly BatchIsolation[] = ['any', 'suspect', 'alone'];

/** Which retries a request asks for; each statement finds those of one lane and isolation. */
export function retriesOf(pass: Pass, request: ClaimRequest) {
  const { pendingOnly, ignoreBackoff } = request;
  const asked = ignoreBackoff ? sql.UNTRIED_TODO : sql.DUE_TODO;
  return {
    statement: pendingOnly === true ? sql.PENDING_TODO : asked,
    parameters: {
      targetId: pass.lease.targetId,
      passNo: pass.passNo,
      head: pass.head,
      dueBy: Math.min(pass.startedAt, request.now),
    },
  };
}

/**
 * The lanes in which one pass may still find something, so that a claim looks
 * at those alone: what it costs depends on its batch, however many origins
 * there are. Holds where to look, never what to send: a claim reads each lane
 * it takes from inside its transaction. A pass adds nothing to a lane but by
 * giving events back, and then its lanes are read again.
 */
export class PassLanes {
  readonly #heldBy: Permission;
  readonly #statement: string;
  readonly #dueBy: number;
  /** Lanes that are permitted and have events that were never attempted. */
  readonly unsent = new LaneHeap<LaneHead>();
  readonly #retries = new Map<BatchIsolation, Set<number>>(
    ISOLATIONS.map((one) => [one, new Set()]),
  );
  #taken: Merged = { events: [], lanes: [] };

  private constructor(pass: Pass, request: ClaimRequest) {
    const { statement, parameters } = retriesOf(pass, request);
    this.#heldBy = request.heldBy;
    this.#statement = statement;
    this.#dueBy = parameters.dueBy;
  }

  /** Reads every origin, in pages with a turn of the event loop after each. */
  static async read(db: JournalDatabase, pass: Pass, request: ClaimRequest): Promise<PassLanes> {
    const lanes = new PassLanes(pass, request);
    const { targetId } = pass.lease;
    const given = { targetId, head: pass.head };
    if (request.pendingOnly !== true)
      for await (const page of pages<UnsentLane>(db, sql.UNSENT_LANES, given))
        lanes.#addUnsent(page);
    for await (const page of pages<OriginColumns>(db, sql.TODO_LANES, { targetId }))
      lanes.#addRetries(db, pass, request, page);
    return lanes;
  }

  /** False when other lanes may be looked at now than those that were read. */
  serves(pass: Pass, request: ClaimRequest): boolean {
    const { statement, parameters } = retriesOf(pass, request);
    const asksTheSame = statement === this.#statement && parameters.dueBy === this.#dueBy;
    return asksTheSame && request.heldBy === this.#heldBy;
  }

  /** Origins with retries of this isolation; who finds none takes the origin out. */
  retries(isolation: BatchIsolation): Set<number> {
    return this.#retries.get(isolation) as Set<number>;
  }

  /** What a claim has merged out of `unsent`; `putBack` follows. */
  take(merged: Merged): readonly LaneEvent[] {
    this.#taken = merged;
    return merged.events;
  }

  /**
   * Lanes of a claim wait again: at the first event that did not fit in, or where
   * it stopped reading. A claim takes the first `claimed` of what was merged.
   */
  putBack(claimed: number): void {
    const next = new Map(this.#taken.lanes.map((lane) => [lane.originId, lane.next]));
    for (const { originId, seq } of this.#taken.events.slice(claimed))
      next.set(originId, Math.min(seq, next.get(originId) ?? seq));
    this.#taken = { events: [], lanes: [] };
    for (const [originId, from] of next)
      if (from !== Number.POSITIVE_INFINITY) this.unsent.push({ originId, next: from });
  }

  #addUnsent(page: readonly UnsentLane[]): void {
    for (const { firstUnsent, ...lane } of page)
      if (firstUnsent !== null && this.#mayLeave(lane))
        this.unsent.push({ originId: lane.originId, next: firstUnsent });
  }

  #addRetries(
    db: JournalDatabase,
    pass: Pass,
    request: ClaimRequest,
    page: readonly OriginColumns[],
  ): void {
    const { statement, parameters } = retriesOf(pass, request);
    const one = { ...parameters, offset: 0, limit: 1 };
    const find = db.statement(statement);
    db.read(() => {
      for (const lane of page.filter((each) => this.#mayLeave(each)))
        for (const isolation of ISOLATIONS) {
          const { originId } = lane;
          if (find.get({ ...one, originId, company: isolation }) !== undefined)
            this.retries(isolation).add(originId);
        }
    });
  }

  #mayLeave(lane: OriginColumns): boolean {
    return this.#heldBy(originFields(lane)) === null;
  }
}

interface UnsentLane extends OriginColumns {
  readonly firstUnsent: number | null;
}

/** Pages of origins, each from a snapshot of its own. */
export async function* pages<T extends OriginColumns>(
  db: JournalDatabase,
  statement: string,
  given: object,
): AsyncGenerator<readonly T[]> {
  for (let after = -1; ; ) {
    const values = { ...given, after, page: PAGE };
    const rows = db.read(() => db.statement(statement).all(values) as T[]);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.originId;
    await turn();
  }
}
