import { setTimeout as delay } from 'node:timers/promises';

/** Far longer than a drain needs from its question to the post. */
const PATIENCE_MS = 2_000;

/**
 * The events of which a drain has asked whether they may leave. It posts them at once,
 * or gives them back, and nobody acts in between: it could not know. A drain that does
 * other work first is not waited for: its post is late.
 */
export class Clearance {
  readonly #asked = new Set<number>();
  #waiting: (() => void)[] = [];

  get isPending(): boolean {
    return this.#asked.size > 0;
  }

  ask(seqs: readonly number[]): void {
    for (const seq of seqs) this.#asked.add(seq);
  }

  /** Posted, or given back; false for one that was not asked about. */
  end(seq: number): boolean {
    const wasAsked = this.#asked.delete(seq);
    if (!this.isPending) for (const resolve of this.#waiting.splice(0)) resolve();
    return wasAsked;
  }

  /** Resolves when nothing is asked about that was neither posted nor given back; false: it took too long. */
  async settled(): Promise<boolean> {
    if (!this.isPending) return true;
    const patience = new AbortController();
    const ended = new Promise<boolean>((resolve) => {
      this.#waiting.push(() => resolve(true));
    });
    const late = delay(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false);
    const isSettled = await Promise.race([ended, late]);
    patience.abort();
    return isSettled;
  }
}
