import { EXIT } from '../base/exit-codes.js';
import type { JobControl } from '../retention/job-control.js';
import type { Output } from './output.js';
import { startProgress } from './progress.js';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code of the signal that came, if one did. */
  exitCode(): number | undefined;
  /** Stops listening. */
  done(): void;
}

const CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
};
const SIGNALS = Object.keys(CODES) as NodeJS.Signals[];

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the work to end in order; the second ends
 * the process at once. `last` is what is still finished, where anything is.
 */
export function onInterrupt(output: Output, last?: string): Interrupt {
  const controller = new AbortController();
  let code: number | undefined;
  const listener = (name: NodeJS.Signals): void => {
    if (code !== undefined) process.exit(code);
    code = CODES[name] ?? EXIT.terminated;
    if (last !== undefined) output.note(`stopping after ${last} (again: stop at once)`);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    signal: controller.signal,
    exitCode: () => code,
    done() {
      for (const name of SIGNALS) process.off(name, listener);
    },
  };
}

/** A long piece of work that shows how far it is, and that a signal ends in order. */
export async function withJobControl<T>(
  output: Output,
  verb: string,
  work: (control: JobControl, interrupt: Interrupt) => Promise<T>,
): Promise<T> {
  const interrupt = onInterrupt(output, 'the chunk at hand');
  let bar: ReturnType<typeof startProgress> | undefined;
  try {
    const progress = (done: number, total: number): void => {
      bar ??= startProgress(output, verb, total);
      bar.update(done);
    };
    return await work({ signal: interrupt.signal, progress }, interrupt);
  } finally {
    bar?.stop();
    interrupt.done();
  }
}
