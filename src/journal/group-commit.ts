/**
 * Joins single calls that arrive together into one group, so that they share
 * one fsync. A call that arrives alone is not held back: it goes with the end
 * of the current turn of the event loop.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: Item[]) => Promise<Result[]>;
  readonly #maxGroup: number;
  #waiting: Waiting<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  /** `commit` answers one result for each item, in order, or rejects for the whole group. */
  constructor(commit: (items: Item[]) => Promise<Result[]>, maxGroup: number) {
    this.#commit = commit;
    this.#maxGroup = maxGroup;
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
      const group = this.#waiting.splice(0, this.#maxGroup);
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
}

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}
