import type { JobControl } from './job-control.js';

/** Problems shown one by one; the rest is counted. */
const SHOWN = 100;

/** One thing that was checked. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** The number of problems. */
  readonly count: number;
  /** The first of them, one line each. */
  readonly problems: readonly string[];
  /** What an operator may want to know although nothing is wrong. */
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

/** What every check found, and how many events there were to look at. */
export interface Verified {
  readonly checks: readonly Finding[];
  readonly events: number;
}

export const NOTHING_VERIFIED: Verified = { checks: [], events: 0 };

/** What is verified beside the journal. */
export interface VerifyRequest {
  readonly spoolDir: string;
  readonly archiveDir: string;
  /** Names of the checks to run: all of them when it is missing. */
  readonly only?: readonly string[];
}

/** Checks journal, ledger, spool and archives, and recounts counters. */
export interface Verification {
  /**
   * Runs the checks away from the event loop, which stays free. Changes nothing
   * and blocks no writer; what other processes change meanwhile is not a problem.
   * A check that cannot be made is a problem of its own, and ends no other.
   */
  verify(request: VerifyRequest, control: JobControl): Promise<Verified>;

  /** Replaces every counter by a recount, in one transaction; changes nothing else. */
  recount(): Promise<void>;
}
