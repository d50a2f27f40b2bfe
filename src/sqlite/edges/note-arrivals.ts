import type { EdgeRequest } from '../../edges/arrival.js';
import {
  type Arrived,
  byRequest,
  firstOf,
  MOST_INSTANCES,
  numbersOf,
  sentAsNew,
  timesOf,
} from '../../edges/arrived.js';
import type { EdgeFaultKind } from '../../edges/edge-store.js';
import { type NumberRange, place, toNumberRanges } from '../../edges/placing.js';
import type { NewEvent } from '../../journal/new-event.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './edges.sql.js';

interface EdgeRow {
  readonly id: number;
  readonly instance: string;
  readonly stream: string;
  readonly request: string;
  high: number;
  complete: number;
  received: number;
  excluded: number;
}

/** Notes what a group says of the edges that sent it, inside the transaction of its events. */
export function noteArrivals(
  db: JournalDatabase,
  events: readonly NewEvent[],
  written: readonly { readonly seq: number | null; readonly conflictId: number | null }[],
): void {
  for (const [request, arrived] of byRequest(events, written))
    new EdgeNotes(db, request).note(arrived);
}

/** What one request changes for its edge. */
class EdgeNotes {
  readonly #db: JournalDatabase;
  readonly #request: EdgeRequest;
  readonly #edge: EdgeRow;
  /** What a request says as new, where it can be told from one that came twice. */
  readonly #looksForRepeats: boolean;

  constructor(db: JournalDatabase, request: EdgeRequest) {
    this.#db = db;
    this.#request = request;
    const { home, name, host, instance, stream, receivedAt: at } = request;
    const known = db.statement(sql.FIND_EDGE).get(home);
    this.#edge = (known ??
      db.statement(sql.INSERT_EDGE).get({ home, name, host, instance, stream, at })) as EdgeRow;
    this.#looksForRepeats = this.#edge.stream === stream && this.#edge.request !== request.request;
  }

  note(arrived: readonly Arrived[]): void {
    this.#noteInstance(arrived[0]?.number ?? 0);
    const sorted = [...arrived].sort((a, b) => a.number - b.number);
    const byNumber = new Map(sorted.map((one) => [one.number, one]));
    for (const range of toNumberRanges(sorted))
      for (const repeated of this.#place(range)) this.#noteRepeated(repeated, range, byNumber);
    for (const [first, last] of this.#request.excluded) this.#place({ first, last, seq: null });
    for (const { conflictId, number } of arrived)
      if (conflictId !== null)
        this.#db.statement(sql.NOTE_CONFLICT).run(conflictId, this.#edge.id, number);
    this.#update();
  }

  /** Returns what of it was here before. */
  #place(range: NumberRange): readonly NumberRange[] {
    const edge = this.#edge;
    const { id } = edge;
    const { first, last } = range;
    const near = this.#db.statement(sql.NEAR).all({ id, first, last }) as NumberRange[];
    const placed = place(range, near);
    for (const gone of placed.remove) this.#db.statement(sql.REMOVE_RANGE).run(id, gone);
    const insert = this.#db.statement(sql.INSERT_RANGE);
    for (const one of placed.insert) insert.run(id, one.first, one.last, one.seq);
    edge.received += placed.received;
    edge.excluded += placed.excluded;
    edge.high = Math.max(edge.high, last);
    return placed.repeated;
  }

  /** `range` is what came now, `before` what its numbers stood for. */
  #noteRepeated(
    before: NumberRange,
    range: NumberRange,
    byNumber: ReadonlyMap<number, Arrived>,
  ): void {
    const other = this.#firstOther(before, range, byNumber);
    if (other !== undefined) this.#noteFault('diverged', other.number, other.times);
    if (!this.#looksForRepeats) return;
    const again = firstOf(sentAsNew(before, this.#request.again));
    if (again !== undefined) this.#noteFault('restored', again.number, again.times);
  }

  /** The first number that stands for another event than it did, and how many do. */
  #firstOther(
    before: NumberRange,
    range: NumberRange,
    byNumber: ReadonlyMap<number, Arrived>,
  ): { readonly number: number; readonly times: number } | undefined {
    const differs = (before.seq ?? 0) - before.first !== (range.seq ?? 0) - range.first;
    if (!differs) return undefined;
    const idOf = this.#db.statement<[number], string>(sql.EVENT_ID).pluck();
    const others = numbersOf(before).filter((number) => {
      const known = idOf.get((before.seq ?? 0) + number - before.first);
      return known !== byNumber.get(number)?.eventId;
    });
    return firstOf(others);
  }

  /** A copy that sends again after another one did is one of two that are alive. */
  #noteInstance(number: number): void {
    const { id, instance: last } = this.#edge;
    const { instance, host, receivedAt: at } = this.#request;
    const isBack =
      instance !== last && this.#db.statement(sql.KNOWN_INSTANCE).get(id, instance) !== undefined;
    if (isBack) this.#noteFault('cloned', number, 1);
    this.#db.statement(sql.NOTE_INSTANCE).run({ id, instance, host, at });
    if (instance !== last)
      this.#db.statement(sql.FORGET_INSTANCES).run({ id, most: MOST_INSTANCES });
  }

  #noteFault(kind: EdgeFaultKind, number: number, times: number): void {
    const { receivedAt: at } = this.#request;
    this.#db.statement(sql.NOTE_FAULT).run({ id: this.#edge.id, kind, number, times, at });
  }

  #update(): void {
    const { id, high, received, excluded } = this.#edge;
    const { name, host, instance, stream, request } = this.#request;
    const { receivedAt: at } = this.#request;
    const complete = this.#completeUpTo();
    const sender = { name, host, instance, stream, request };
    const numbers = { high, complete, received, excluded };
    this.#db
      .statement(sql.UPDATE_EDGE)
      .run({ id, ...sender, ...numbers, ...timesOf(this.#request), at });
  }

  #completeUpTo(): number {
    const { id } = this.#edge;
    const reaches = this.#db.statement<object, number>(sql.REACHES).pluck();
    let { complete } = this.#edge;
    for (;;) {
      const last = reaches.get({ id, after: complete }) ?? 0;
      if (last <= complete) return complete;
      complete = last;
    }
  }
}
