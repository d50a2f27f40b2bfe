/** A range of canonical bytes; `end` is exclusive. */
export type ByteRange = readonly [start: number, end: number];

/** An object whose keys were not in ascending order: its members, in the order they belong. */
export interface ReorderedObject {
  /** Offset of the opening brace. */
  readonly start: number;
  /** Offset just past the closing brace. */
  readonly end: number;
  readonly members: readonly ByteRange[];
}

/**
 * An object that is being read: where its members lie in the canonical bytes
 * `out`. Keys are compared as canonical literals, which differ exactly when the
 * keys do.
 */
export class OpenObject {
  private readonly keys: ByteRange[] = [];
  private ascending = true;

  constructor(
    private readonly out: Uint8Array,
    private readonly start: number,
  ) {}

  /** Notes the key literal of the member that has just begun. */
  addKey(start: number, end: number): void {
    const before = this.keys.at(-1);
    const key: ByteRange = [start, end];
    this.keys.push(key);
    if (before !== undefined && this.compare(before, key) >= 0) this.ascending = false;
  }

  /**
   * What has to be put in order, once the closing brace was written just before
   * `end`. Undefined when the members already stand in order, each key once.
   */
  reordered(end: number): ReorderedObject | undefined {
    if (this.ascending) return undefined;
    const order = this.keys.map((_, index) => index);
    order.sort((a, b) => this.compare(this.keyAt(a), this.keyAt(b)) || a - b);
    // Of equal keys the last one read counts, and it is sorted last.
    const kept = order.filter((index, place) => {
      const next = order[place + 1];
      return next === undefined || this.compare(this.keyAt(index), this.keyAt(next)) !== 0;
    });
    return { start: this.start, end, members: kept.map((index) => this.member(index, end)) };
  }

  /** A member ends before the comma, or the closing brace, that follows it. */
  private member(index: number, objectEnd: number): ByteRange {
    const next = this.keys[index + 1]?.[0] ?? objectEnd;
    return [this.keyAt(index)[0], next - 1];
  }

  private keyAt(index: number): ByteRange {
    return this.keys[index] as ByteRange;
  }

  private compare([a, aEnd]: ByteRange, [b, bEnd]: ByteRange): number {
    const { out } = this;
    const shared = Math.min(aEnd - a, bEnd - b);
    for (let offset = 0; offset < shared; offset += 1) {
      const difference = (out[a + offset] as number) - (out[b + offset] as number);
      if (difference !== 0) return difference;
    }
    return aEnd - a - (bEnd - b);
  }
}
