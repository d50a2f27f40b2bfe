import type { JobControl } from '../retention/job-control.js';
import { type Interrupt, onInterrupt } from './interrupt.js';
import type { Output } from './output.js';
import { startProgress } from './progress.js';

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
