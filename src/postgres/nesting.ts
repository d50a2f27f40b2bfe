import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Which writers the code that runs is in a transaction of. Undefined in the program: Node keeps
 * it for the life of the process, and every promise pays for it.
 */
let within: AsyncLocalStorage<readonly object[]> | undefined;

/**
 * From now on a transaction that is asked for in the middle of another one of the same writer
 * fails at once, where each would wait for the other. For tests, which find who does that.
 */
export function watchNesting(): void {
  within ??= new AsyncLocalStorage();
}

/** Runs the work of a transaction. */
export function inTransactionOf<T>(writer: object, work: () => Promise<T>): Promise<T> {
  return within === undefined ? work() : within.run([...(within.getStore() ?? []), writer], work);
}

export function isInTransactionOf(writer: object): boolean {
  return within?.getStore()?.includes(writer) === true;
}
