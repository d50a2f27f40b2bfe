const NARROWEST = 1_000;
const WIDEST = 32_000;

/**
 * How many sequence numbers one statement goes over. A reader that looks for
 * few among many would otherwise be in one statement, and hold the event loop,
 * until it has found them; where little is found the window widens.
 */
export class SeqWindow {
  #span = NARROWEST;

  get span(): number {
    return this.#span;
  }

  /** The last look found so many; the next one goes over more, or few again. */
  found(rows: number): void {
    this.#span = rows * 4 < NARROWEST ? Math.min(this.#span * 2, WIDEST) : NARROWEST;
  }
}
