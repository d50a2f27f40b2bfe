/** Problems shown one by one; the rest is counted. */
const SHOWN = 100;

/** One thing that was checked. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** How many things do not hold. */
  readonly count: number;
  /** The first of them, one line each. */
  readonly problems: readonly string[];
  /** What an operator may want to know although everything holds. */
  readonly notes: readonly string[];
}

/** Collects what a check finds, in flat memory. */
export class Findings {
  readonly #name: string;
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  problem(text: string): void {
    this.#count += 1;
    if (this.#problems.length < SHOWN) this.#problems.push(text);
  }

  note(text: string): void {
    if (this.#notes.length < SHOWN) this.#notes.push(text);
  }

  get finding(): Finding {
    return {
      name: this.#name,
      ok: this.#count === 0,
      count: this.#count,
      problems: this.#problems,
      notes: this.#notes,
    };
  }
}
