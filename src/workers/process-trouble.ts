import type { WorkerLog } from './worker-log.js';

const INTERNAL = 1;

/**
 * Warnings of Node and errors that nobody caught go to the log. Node would
 * write them to stderr itself, in a system call that waits for the reader.
 * Returns what puts everything back.
 */
export function logProcessTrouble(worker: WorkerLog): () => void {
  const { log } = worker;
  const warn = (warning: Error): void => log.warn({ err: warning }, 'a warning of Node');
  const die = (error: unknown): void => {
    log.fatal({ err: error }, 'an error that nobody caught: the worker ends');
    worker.tryNow();
    process.exit(INTERNAL);
  };
  const theirs = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', warn);
  process.on('uncaughtException', die);
  return () => {
    process.off('uncaughtException', die);
    process.off('warning', warn);
    for (const listener of theirs) process.on('warning', listener);
  };
}
