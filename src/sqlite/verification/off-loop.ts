import { Worker } from 'node:worker_threads';
import { childScript } from '../../files/child-script.js';
import type { JobControl } from '../../retention/job-control.js';
import type { Verified } from './verify.js';

/** What is to be verified, and by which checks; all of them when none are named. */
export interface VerifyOrder {
  readonly journalDb: string;
  readonly spoolDir: string;
  readonly archiveDir: string;
  readonly only?: readonly string[];
}

/** What the thread says. */
export type VerifyWord =
  | { readonly done: number; readonly total: number }
  | { readonly result: Verified };

/**
 * Verifies in a thread of its own: a recount, the integrity check of SQLite and
 * the digests of a large journal take long, and the event loop stays free.
 */
export function verifyOffLoop(
  order: VerifyOrder,
  { signal, progress }: JobControl,
): Promise<Verified> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(childScript(import.meta.url, 'verify-thread'), { workerData: order });
    const stop = (): void => worker.postMessage('stop');
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    let result: Verified | undefined;
    worker.on('message', (word: VerifyWord) => {
      if ('result' in word) result = word.result;
      else progress(word.done, word.total);
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      signal.removeEventListener('abort', stop);
      if (result === undefined) reject(new Error('the thread that verifies ended without a word'));
      else resolve(result);
    });
  });
}
