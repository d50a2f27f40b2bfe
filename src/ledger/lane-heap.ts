/** A binary heap of lanes: the one that comes next is on top. */
export class LaneHeap<T extends { readonly next: number }> {
  readonly #lanes: T[] = [];

  get size(): number {
    return this.#lanes.length;
  }

  peek(): T | undefined {
    return this.#lanes[0];
  }

  push(lane: T): void {
    let at = this.#lanes.push(lane) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.#next(at) < this.#next(parent); ) {
      this.#swap(at, parent);
      at = parent;
      parent = (at - 1) >> 1;
    }
  }

  pop(): T | undefined {
    const [top] = this.#lanes;
    const last = this.#lanes.pop();
    if (last === undefined || this.#lanes.length === 0) return top;
    this.#lanes[0] = last;
    this.settleTop();
    return top;
  }

  /** The next few, in their order; they stay. */
  firsts(count: number): T[] {
    const firsts: T[] = [];
    for (let lane = this.peek(); lane !== undefined && firsts.length < count; lane = this.peek()) {
      firsts.push(lane);
      this.pop();
    }
    for (const lane of firsts) this.push(lane);
    return firsts;
  }

  /** Moves the top lane, whose `next` has grown, to where it belongs. */
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
    const lanes = this.#lanes;
    [lanes[a], lanes[b]] = [lanes[b] as T, lanes[a] as T];
  }
}
