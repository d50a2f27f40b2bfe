/** Resolves in the next turn of the event loop: timers, signals and sockets come first. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Milliseconds of work after which others get a turn. */
const STRETCH_MS = 10;

/**
 * Keeps long work from holding the event loop of the program around it:
 * between two steps the loop gets a turn whenever enough time has gone by.
 */
export class Pace {
  readonly #stretchMs: number;
  #since = performance.now();

  constructor(stretchMs = STRETCH_MS) {
    this.#stretchMs = stretchMs;
  }

  /** Asked where an await for each step would itself cost too much. */
  get isDue(): boolean {
    return performance.now() - this.#since >= this.#stretchMs;
  }

  /** Gives the loop a turn if one is due. */
  async step(): Promise<void> {
    if (!this.isDue) return;
    await turn();
    this.#since = performance.now();
  }
}
