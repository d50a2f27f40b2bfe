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
import { storable } from '../text.js';
import type { Transaction } from '../transaction.js';
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
export async function noteArrivals(
  tx: Transaction,
  events: readonly NewEvent[],
  written: readonly { readonly seq: number | null; readonly conflictId: number | null }[],
): Promise<void> {
  for (const [request, arrived] of byRequest(events, written)) {
    const { home, name, host, instance, stream, receivedAt: at } = request;
    const edge =
      (await tx.get<EdgeRow>(sql.FIND_EDGE, { home })) ??
      (await tx.get<EdgeRow>(sql.INSERT_EDGE, { home, name, host, instance, stream, at }));
    if (edge !== undefined) await new EdgeNotes(tx, request, edge).note(arrived);
  }
}

/** What one request changes for its edge. */
class EdgeNotes {
  readonly #tx: Transaction;
  readonly #request: EdgeRequest;
  readonly #edge: EdgeRow;
  /** What a request says as new, where it can be told from one that came twice. */
  readonly #looksForRepeats: boolean;

  constructor(tx: Transaction, request: EdgeRequest, edge: EdgeRow) {
    this.#tx = tx;
    this.#request = request;
    this.#edge = edge;
    this.#looksForRepeats = edge.stream === request.stream && edge.request !== request.request;
  }

  async note(arrived: readonly Arrived[]): Promise<void> {
    await this.#noteInstance(arrived[0]?.number ?? 0);
    const sorted = [...arrived].sort((a, b) => a.number - b.number);
    const byNumber = new Map(sorted.map((one) => [one.number, one]));
    for (const range of toNumberRanges(sorted))
      for (const repeated of await this.#place(range))
        await this.#noteRepeated(repeated, range, byNumber);
    for (const [first, last] of this.#request.excluded)
      await this.#place({ first, last, seq: null });
    await this.#noteConflicts(arrived);
    await this.#update();
  }

  /** Returns what of it was here before. */
  async #place(range: NumberRange): Promise<readonly NumberRange[]> {
    const edge = this.#edge;
    const { id } = edge;
    const { first, last } = range;
    const near = await this.#tx.all<NumberRange>(sql.NEAR, { id, first, last });
    const placed = place(range, near);
    if (placed.remove.length > 0)
      await this.#tx.run(sql.REMOVE_RANGES, { id, firsts: placed.remove });
    if (placed.insert.length > 0)
      await this.#tx.run(sql.INSERT_RANGES, {
        id,
        firsts: placed.insert.map((one) => one.first),
        lasts: placed.insert.map((one) => one.last),
        seqs: placed.insert.map(({ seq }) => seq),
      });
    edge.received += placed.received;
    edge.excluded += placed.excluded;
    edge.high = Math.max(edge.high, last);
    return placed.repeated;
  }

  /** `range` is what came now, `before` what its numbers stood for. */
  async #noteRepeated(
    before: NumberRange,
    range: NumberRange,
    byNumber: ReadonlyMap<number, Arrived>,
  ): Promise<void> {
    const other = firstOf(await this.#others(before, range, byNumber));
    if (other !== undefined) await this.#noteFault('diverged', other.number, other.times);
    if (!this.#looksForRepeats) return;
    const again = firstOf(sentAsNew(before, this.#request.again));
    if (again !== undefined) await this.#noteFault('restored', again.number, again.times);
  }

  /** Numbers that stand for another event than they did. */
  async #others(
    before: NumberRange,
    range: NumberRange,
    byNumber: ReadonlyMap<number, Arrived>,
  ): Promise<number[]> {
    const start = (before.seq ?? 0) - before.first;
    if (start === (range.seq ?? 0) - range.first) return [];
    const numbers = numbersOf(before);
    const rows = await this.#tx.all<{ seq: number; eventId: string }>(sql.EVENT_IDS, {
      seqs: numbers.map((number) => start + number),
    });
    const known = new Map(rows.map(({ seq, eventId }) => [seq - start, eventId]));
    return numbers.filter(
      (number) => known.get(number) !== storable(byNumber.get(number)?.eventId),
    );
  }

  /** A copy that sends again after another one did is one of two that are alive. */
  async #noteInstance(number: number): Promise<void> {
    const { id, instance: last } = this.#edge;
    const { instance, host, receivedAt: at } = this.#request;
    const isOther = instance !== last;
    if (isOther && (await this.#tx.get(sql.KNOWN_INSTANCE, { id, instance })) !== undefined)
      await this.#noteFault('cloned', number, 1);
    await this.#tx.run(sql.NOTE_INSTANCE, { id, instance, host, at });
    if (isOther) await this.#tx.run(sql.FORGET_INSTANCES, { id, most: MOST_INSTANCES });
  }

  async #noteConflicts(arrived: readonly Arrived[]): Promise<void> {
    const differing = arrived.filter(({ conflictId }) => conflictId !== null);
    if (differing.length === 0) return;
    await this.#tx.run(sql.NOTE_CONFLICTS, {
      id: this.#edge.id,
      conflictIds: differing.map(({ conflictId }) => conflictId),
      numbers: differing.map(({ number }) => number),
    });
  }

  async #noteFault(kind: EdgeFaultKind, number: number, times: number): Promise<void> {
    const { receivedAt: at } = this.#request;
    await this.#tx.run(sql.NOTE_FAULT, { id: this.#edge.id, kind, number, times, at });
  }

  async #update(): Promise<void> {
    const { id, high, received, excluded } = this.#edge;
    const { name, host, instance, stream, request, receivedAt: at } = this.#request;
    const sender = { name, host, instance, stream, request };
    const complete = await this.#completeUpTo();
    const numbers = { high, complete, received, excluded };
    await this.#tx.run(sql.UPDATE_EDGE, {
      id,
      ...sender,
      ...numbers,
      ...timesOf(this.#request),
      at,
    });
  }

  async #completeUpTo(): Promise<number> {
    const { id } = this.#edge;
    let { complete } = this.#edge;
    for (;;) {
      const reached = await this.#tx.get<{ last: number }>(sql.REACHES, { id, after: complete });
      if (reached === undefined || reached.last <= complete) return complete;
      complete = reached.last;
    }
  }
}
