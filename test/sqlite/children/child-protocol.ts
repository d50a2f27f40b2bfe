import { once } from 'node:events';
import { observeSteps } from '../../../src/base/steps.js';

/** In a child: says that it is ready, and resolves when it is told to go on. */
export async function readyToGo(): Promise<void> {
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
}

/** In a child: the request it was started with. */
export function requestOf<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/** In a child: kill -9 at the first time it comes by a step, as a crash of the machine would. */
export function dieAt(stepName: string | undefined): void {
  if (stepName === undefined) return;
  observeSteps((name) => {
    if (name === stepName) process.kill(process.pid, 'SIGKILL');
  });
}

export function report(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
