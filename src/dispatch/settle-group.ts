import type { Delivered } from './single-requests.js';

/** Milliseconds that an answer waits for others to share its commit. */
const WAITS_MS = 5;

/** Collects answers, and writes as many as may be together. */
export class SettleGroup {
  readonly #settle: (delivered: readonly Delivered[]) => Promise<void>;
  readonly #mostWaiting: () => number;
  #waiting: Delivered[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param settle writes a group; never called twice at once. */
  constructor(
    settle: (delivered: readonly Delivered[]) => Promise<void>,
    mostWaiting: () => number,
  ) {
    this.#settle = settle;
    this.#mostWaiting = mostWaiting;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Resolves when it is written, where as many wait already as may; else undefined: that is for later. */
  add(delivered: Delivered): Promise<void> | undefined {
    this.#waiting.push(delivered);
    if (this.#waiting.length >= this.#mostWaiting()) return this.#write();
    this.#timer ??= setTimeout(() => void this.#write(), WAITS_MS);
    return undefined;
  }

  /** Writes what waits. @throws the first error of those who deliver and write. */
  async settled(): Promise<void> {
    await this.#write();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.hasFailed) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#settle(group).catch((error: unknown) => this.fail(error));
    }
  }
}
