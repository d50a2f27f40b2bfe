import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again until it holds; the test's own timeout is the limit. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(3);
}

/** Something that waits until it is opened. */
export function gate(): { wait(): Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait: () => opened, open };
}
