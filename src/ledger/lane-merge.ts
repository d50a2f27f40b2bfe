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

export interface Merged {
  readonly events: readonly LaneEvent[];
  /** The lanes that were read and what comes next in each; Infinity where nothing does. */
  readonly lanes: readonly LaneHead[];
}

/** Fewest rows fetched from one lane at a time when lanes interleave. */
const LEAST_PAGE = 16;

/** Reads the sequence numbers of a lane that come after one, ascending; undefined: from where the lane stands. */
type ReadLane = (originId: number, after: number | undefined, limit: number) => number[];

/**
 * The next `count` events over all lanes in journal order. Takes the lanes that
 * take part out of `waiting`. Reads about as many rows as it returns, plus at
 * most a page for each lane that takes part, and no other lane at all.
 */
export function mergeLanes(waiting: LaneHeap<LaneHead>, count: number, read: ReadLane): Merged {
  const lanes: LaneReader[] = [];
  const taking = new LaneHeap<LaneReader>();
  const events: LaneEvent[] = [];
  // Twice the fair share: most lanes are read once.
  const share = Math.ceil((2 * count) / Math.max(waiting.size, 1));
  const page = Math.min(count, Math.max(LEAST_PAGE, share));
  const open = (originId: number): void => {
    const lane = new LaneReader(originId, (after) => read(originId, after, page));
    lanes.push(lane);
    taking.push(lane);
  };
  while (events.length < count) {
    for (let head = firstOf(waiting, taking); head !== undefined; head = firstOf(waiting, taking))
      open(head.originId);
    const lane = taking.peek();
    if (lane === undefined || lane.next === Number.POSITIVE_INFINITY) break;
    events.push({ originId: lane.originId, seq: lane.next });
    lane.advance();
    taking.settleTop();
  }
  return { events, lanes };
}

/** Takes the next waiting lane, if it may come before every one that takes part. */
function firstOf(waiting: LaneHeap<LaneHead>, taking: LaneHeap<LaneReader>): LaneHead | undefined {
  const next = waiting.peek()?.next ?? Number.POSITIVE_INFINITY;
  return next < (taking.peek()?.next ?? Number.POSITIVE_INFINITY) ? waiting.pop() : undefined;
}

class LaneReader implements LaneHead {
  readonly originId: number;
  /** Infinity once the lane is exhausted. */
  next: number;
  readonly #read: (after: number | undefined) => number[];
  #page: number[];
  #at = 1;

  constructor(originId: number, read: (after: number | undefined) => number[]) {
    this.originId = originId;
    this.#read = read;
    this.#page = read(undefined);
    this.next = this.#page[0] ?? Number.POSITIVE_INFINITY;
  }

  advance(): void {
    if (this.#at >= this.#page.length) {
      this.#page = this.#read(this.next);
      this.#at = 0;
    }
    this.next = this.#page[this.#at++] ?? Number.POSITIVE_INFINITY;
  }
}
