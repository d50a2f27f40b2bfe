/** A target that this process holds: the token of its lease, which is another one for each pass. */
export interface HeldLease {
  token: string;
}

/**
 * The targets that are locked through one set of stores. The lock and the ledger
 * have one lease between them: what the ledger takes must still be what was locked.
 */
export class HeldLeases {
  readonly #held = new Map<number, HeldLease>();

  of(targetId: number): HeldLease | undefined {
    return this.#held.get(targetId);
  }

  add(targetId: number, lease: HeldLease): void {
    this.#held.set(targetId, lease);
  }

  /** Nothing, where another lock has followed. */
  remove(targetId: number, lease: HeldLease): void {
    if (this.#held.get(targetId) === lease) this.#held.delete(targetId);
  }
}
