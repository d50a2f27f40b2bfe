import { observeSteps } from '../../src/base/steps.js';

/** The process is dead: nothing after the step it came by is done. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * Lets this process play one that is killed at a named step. What `kill -9`
 * does by itself is done by hand: `bury` closes the connection to the journal,
 * so that nothing more is written, every later step throws, and what the code
 * releases on its way out are the locks that the kernel would free.
 */
export class Mortality {
  readonly #bury: () => void;
  #stepsLeft = Number.POSITIVE_INFINITY;
  #diedAt: string | undefined;

  constructor(bury: () => void) {
    this.#bury = bury;
    observeSteps((name) => this.#pass(name));
  }

  /** The step it died at. */
  get diedAt(): string | undefined {
    return this.#diedAt;
  }

  get isDead(): boolean {
    return this.#diedAt !== undefined;
  }

  /** A new life, that ends at the nth step from now on; null: at none. */
  begin(diesAt: number | null): void {
    this.#diedAt = undefined;
    this.#stepsLeft = diesAt ?? Number.POSITIVE_INFINITY;
  }

  end(): void {
    observeSteps(undefined);
  }

  #pass(name: string): void {
    if (this.isDead) throw new Killed(name);
    this.#stepsLeft -= 1;
    if (this.#stepsLeft > 0) return;
    this.#diedAt = name;
    this.#bury();
    throw new Killed(name);
  }
}
