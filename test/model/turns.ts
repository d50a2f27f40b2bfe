/** Work that may not overlap: each begins when the one before has ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    // Whoever waits for this turn hears of its failure; the next one begins all the same.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
