/** A lane with something to send: `first` is its next sequence number. */
export interface LaneHead {
  readonly originId: number;
  readonly first: number;
}

export interface LaneEvent {
  readonly originId: number;
  readonly seq: number;
}

/** Fewest rows fetched from one lane at a time when lanes interleave. */
const LEAST_PAGE = 16;

/** Reads the next sequence numbers of a lane, from `from` on, ascending. */
type ReadLane = (originId: number, from: number, limit: number) => number[];

/**
 * The next `count` events over all lanes in journal order. Reads about as many
 * rows as it returns, plus at most a page for each lane that takes part.
 */
export function mergeLanes(heads: readonly LaneHead[], count: number, read: ReadLane): LaneEvent[] {
  const heap = new LaneHeap(heads.map((head) => new LaneReader(head, read)));
  const merged: LaneEvent[] = [];
  // Twice the fair share: most lanes are read once.
  const page = Math.max(LEAST_PAGE, Math.ceil((2 * count) / Math.max(heads.length, 1)));
  while (merged.length < count) {
    const lane = heap.peek();
    if (lane === undefined) break;
    merged.push({ originId: lane.originId, seq: lane.next });
    lane.advance(Math.min(page, count));
    heap.settleTop();
  }
  return merged;
}

class LaneReader {
  readonly originId: number;
  /** Infinity once the lane is exhausted. */
  next: number;
  readonly #read: ReadLane;
  #page: number[] = [];
  #at = 0;

  constructor(head: LaneHead, read: ReadLane) {
    this.originId = head.originId;
    this.next = head.first;
    this.#read = read;
  }

  advance(pageSize: number): void {
    if (this.#at >= this.#page.length) {
      this.#page = this.#read(this.originId, this.next + 1, pageSize);
      this.#at = 0;
    }
    this.next = this.#page[this.#at++] ?? Number.POSITIVE_INFINITY;
  }
}

/** A binary heap that only ever changes at its top. */
class LaneHeap {
  readonly #lanes: LaneReader[];

  constructor(lanes: LaneReader[]) {
    // A sorted array is a heap.
    this.#lanes = lanes.sort((a, b) => a.next - b.next);
  }

  peek(): LaneReader | undefined {
    return this.#lanes[0]?.next === Number.POSITIVE_INFINITY ? undefined : this.#lanes[0];
  }

  /** Moves the top lane, whose head has grown, to where it belongs. */
  settleTop(): void {
    let at = 0;
    for (;;) {
      const child = this.#smallerChild(at);
      if (child === undefined) return;
      this.#swap(at, child);
      at = child;
    }
  }

  /** The child that must move up, or undefined when the order holds. */
  #smallerChild(at: number): number | undefined {
    const left = 2 * at + 1;
    const right = left + 1;
    const smaller = this.#next(right) < this.#next(left) ? right : left;
    return this.#next(smaller) < this.#next(at) ? smaller : undefined;
  }

  #next(at: number): number {
    return this.#lanes[at]?.next ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const lanes = this.#lanes as LaneReader[];
    [lanes[a], lanes[b]] = [lanes[b] as LaneReader, lanes[a] as LaneReader];
  }
}
