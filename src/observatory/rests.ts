import type { Wait } from '../base/wait.js';

/** Milliseconds between two looks at a home that is being written to. */
const LOOK_MS = 25;
/** Between two looks at one where nothing happens: they find what no hint told. */
const QUIET_MS = 200;
/** Looks after the last news: a commit can be read some time after it was written, and others follow. */
const BUSY_LOOKS = 40;

/**
 * The pauses between looks at a home: short ones while there is news, long ones that a hint ends
 * while there is none. Hints are heard only then: where much is written, they would cost more than
 * the looks.
 */
export class Rests {
  readonly #onHint: (hear: () => void) => () => void;
  readonly #wait: Wait;
  #stopHearing: (() => void) | undefined;
  #end = new AbortController();
  #withoutNews = 0;

  constructor(onHint: (hear: () => void) => () => void, wait: Wait) {
    this.#onHint = onHint;
    this.#wait = wait;
  }

  /** Until the next look, which found news or did not the last time. */
  async next(isNews: boolean): Promise<void> {
    this.#withoutNews = isNews ? 0 : this.#withoutNews + 1;
    if (this.#withoutNews < BUSY_LOOKS) return void (await this.#wait(LOOK_MS));
    if (this.#stopHearing === undefined) {
      this.#end = new AbortController();
      // What was written until here is found by a look at once.
      this.#stopHearing = this.#onHint(() => this.stir());
      return;
    }
    await this.#wait(QUIET_MS, this.#end.signal);
    if (this.#end.signal.aborted) this.close();
  }

  /** Ends the pause; looks are frequent again from now on. */
  stir(): void {
    this.#end.abort();
  }

  /** Hears no more hints. */
  close(): void {
    this.#withoutNews = 0;
    this.#stopHearing?.();
    this.#stopHearing = undefined;
  }
}
