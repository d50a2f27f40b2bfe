/**
 * Names for the moments between durable steps, so that a test can stop the
 * process at each of them. Costs one comparison when nobody listens.
 */
export type StepObserver = (name: string, isDurable: boolean) => void;

let observer: StepObserver | undefined;

/** Called at every named step from now on; undefined switches it off. */
export function observeSteps(next: StepObserver | undefined): void {
  observer = next;
}

/** Marks that everything before this line is done, and nothing after it. */
export function step(name: string): void {
  if (observer !== undefined) observer(name, true);
}

/** Marks a piece of work that a test counts; nothing durable lies beside it. */
export function piece(name: string): void {
  if (observer !== undefined) observer(name, false);
}
