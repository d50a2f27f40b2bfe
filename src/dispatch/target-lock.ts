/** The lock that decides who drains a target; it does not outlive its holder for long. */
export interface TargetLock {
  /** Undefined when another process holds it and `wait` is false, or the signal aborts first. */
  acquire(wait: boolean, signal: AbortSignal): Promise<HeldTarget | undefined>;
}

export interface HeldTarget {
  /** Never fails: what cannot be given back ends by itself. */
  release(): void | Promise<void>;
}
