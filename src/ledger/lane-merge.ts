import { LaneHeap } from './lane-heap.js';

/** A lane that may have something to send: nothing of it comes before `next`. */
export interface LaneHead {
  readonly originId: number;
  readonly next: number;
}

export interface LaneEvent {
  readonly originId: number;
  readonly seq: number;
}

/** One that was never attempted at the target. */
export interface FirstEvent extends LaneEvent {
  readonly first: true;
}

/** How many events each origin has among these. */
export function countBy(events: readonly Pick<LaneEvent, 'originId'>[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { originId } of events) counts.set(originId, (counts.get(originId) ?? 0) + 1);
  return counts;
}

export interface Merged {
  readonly events: readonly FirstEvent[];
  /** The lanes that were read and what comes next in each; Infinity where nothing does. */
  readonly lanes: readonly LaneHead[];
}

/** Fewest rows fetched from one lane at a time when lanes interleave. */
const LEAST_PAGE = 16;

/** What a merge has to read: sequence numbers of a lane that come after one, ascending. */
export interface LaneRead {
  readonly originId: number;
  /** Undefined: from where the lane stands. */
  readonly after: number | undefined;
  readonly limit: number;
}

/** A merge that is given what it asks for. */
export type Merging = Generator<LaneRead, Merged, readonly number[]>;

type ReadLane = (originId: number, after: number | undefined, limit: number) => number[];

/** `merging`, where reading takes no waiting. */
export function mergeLanes(waiting: LaneHeap<LaneHead>, count: number, read: ReadLane): Merged {
  const merge = merging(waiting, count);
  let next = merge.next();
  while (next.done !== true) {
    const { originId, after, limit } = next.value;
    next = merge.next(read(originId, after, limit));
  }
  return next.value;
}

/**
 * How many rows a merge of `count` events reads of each of so many lanes at a time: half more than
 * the fair share, so that most are read once, and one more, which tells where the lane goes on.
 */
export function lanePage(lanes: number, count: number): number {
  const share = Math.ceil((1.5 * count) / Math.max(lanes, 1));
  return Math.min(count, Math.max(LEAST_PAGE, share)) + 1;
}

/**
 * The next `count` events over all lanes in journal order. Takes the lanes that
 * take part out of `waiting`, and puts them back where reading fails. Reads about
 * as many rows as it returns, plus at most a page for each lane that takes part,
 * and no other lane at all.
 */
export function* merging(waiting: LaneHeap<LaneHead>, count: number): Merging {
  const heads: LaneHead[] = [];
  try {
    return yield* mergingFrom(waiting, heads, count);
  } catch (error) {
    for (const head of heads) waiting.push(head);
    throw error;
  }
}

function* mergingFrom(waiting: LaneHeap<LaneHead>, heads: LaneHead[], count: number): Merging {
  const lanes: TakingLane[] = [];
  const taking = new LaneHeap<TakingLane>();
  const events: FirstEvent[] = [];
  const limit = lanePage(waiting.size, count);
  while (events.length < count) {
    for (let head = firstOf(waiting, taking); head !== undefined; head = firstOf(waiting, taking)) {
      const { originId } = head;
      heads.push(head);
      const lane = new TakingLane(originId, limit, yield { originId, after: undefined, limit });
      lanes.push(lane);
      taking.push(lane);
    }
    const lane = taking.peek();
    if (lane === undefined || lane.next === Number.POSITIVE_INFINITY) break;
    const { originId, next: seq } = lane;
    events.push({ originId, seq, first: true });
    if (lane.hasMore) lane.turn(yield { originId, after: seq, limit });
    else lane.advance();
    taking.settleTop();
  }
  return { events, lanes };
}

/** Takes the next waiting lane, if it may come before every one that takes part. */
function firstOf(waiting: LaneHeap<LaneHead>, taking: LaneHeap<TakingLane>): LaneHead | undefined {
  const next = waiting.peek()?.next ?? Number.POSITIVE_INFINITY;
  return next < (taking.peek()?.next ?? Number.POSITIVE_INFINITY) ? waiting.pop() : undefined;
}

class TakingLane implements LaneHead {
  readonly originId: number;
  /** Infinity once the lane is exhausted. */
  next: number;
  readonly #limit: number;
  #page: readonly number[];
  #at = 0;

  constructor(originId: number, limit: number, page: readonly number[]) {
    this.originId = originId;
    this.#limit = limit;
    this.#page = page;
    this.next = page[0] ?? Number.POSITIVE_INFINITY;
  }

  /** `next` is the last that was read, and there may be others behind it. */
  get hasMore(): boolean {
    return this.#at >= this.#page.length - 1 && this.#page.length === this.#limit;
  }

  advance(): void {
    this.#at += 1;
    this.next = this.#page[this.#at] ?? Number.POSITIVE_INFINITY;
  }

  /** Goes on with the page behind the one that was read. */
  turn(page: readonly number[]): void {
    this.#page = page;
    this.#at = 0;
    this.next = page[0] ?? Number.POSITIVE_INFINITY;
  }
}
