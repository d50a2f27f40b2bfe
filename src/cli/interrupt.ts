import { EXIT } from './exit-codes.js';
import type { Output } from './output.js';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code of the signal that came, if one did. */
  exitCode(): number | undefined;
  /** Stops listening. */
  done(): void;
}

/**
 * The first SIGINT or SIGTERM asks the work to end in order; the second ends
 * the process at once. `last` is what is still finished.
 */
export function onInterrupt(output: Output, last: string): Interrupt {
  const controller = new AbortController();
  let code: number | undefined;
  const listener = (name: NodeJS.Signals): void => {
    if (code !== undefined) process.exit(code);
    code = name === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    output.note(`stopping after ${last} (again: stop at once)`);
    controller.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    exitCode: () => code,
    done() {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
