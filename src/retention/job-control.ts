/** Progress and abort signal of a long operation. */
export interface JobControl {
  readonly signal: AbortSignal;
  /** Items looked at, of how many. */
  progress(done: number, total: number): void;
}

/** Lets signals and other work in. */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
