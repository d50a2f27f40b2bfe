import { Pace } from '../base/pace.js';

/** Single captures are short: a longer stretch costs nobody a late turn, and each turn costs a look at files. */
const STRETCH_MS = 25;

/**
 * Joins single calls that arrive together into one group, so that they share
 * one fsync. A call that arrives alone is not held back: it goes with the end
 * of the current turn of the event loop.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: Item[]) => Promise<Result[]>;
  readonly #limits: GroupLimits<Item>;
  readonly #pace = new Pace(STRETCH_MS);
  #waiting: Waiting<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  /** `commit` answers one result for each item, in order, or rejects for the whole group. */
  constructor(commit: (items: Item[]) => Promise<Result[]>, limits: GroupLimits<Item>) {
    this.#commit = commit;
    this.#limits = limits;
  }

  /** Resolves with the result of this item once its group is done. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything added so far is done. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await undefined; // let the callers of this turn join
    while (this.#waiting.length > 0) {
      // One capture after the other would never let go of the event loop by itself.
      if (this.#pace.isDue) await this.#pace.step();
      const group = this.#waiting.splice(0, this.#fitting());
      try {
        const results = await this.#commit(group.map((one) => one.item));
        group.forEach((one, i) => {
          one.resolve(results[i] as Result);
        });
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
    this.#running = undefined;
  }

  /** How many of those that wait make one group; always one. */
  #fitting(): number {
    const { maxItems, maxBytes, sizeOf } = this.#limits;
    const most = Math.min(this.#waiting.length, maxItems);
    let bytes = 0;
    for (let count = 0; count < most; count += 1) {
      bytes += sizeOf((this.#waiting[count] as Waiting<Item, Result>).item);
      if (bytes > maxBytes) return Math.max(count, 1);
    }
    return most;
  }
}

/** One group is one transaction: more in it would hold up everybody else for longer. */
export interface GroupLimits<Item> {
  readonly maxItems: number;
  readonly maxBytes: number;
  sizeOf(item: Item): number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}
