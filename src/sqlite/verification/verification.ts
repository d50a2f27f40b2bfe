import { Worker } from 'node:worker_threads';
import { childScript } from '../../files/child-script.js';
import type { JobControl } from '../../retention/job-control.js';
import type { Verification, Verified, VerifyRequest } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { recountCounters } from './ledger-checks.js';

/** What the thread is given. */
export interface VerifyOrder extends VerifyRequest {
  readonly journalDb: string;
}

/** What the thread says. */
export type VerifyWord =
  | { readonly done: number; readonly total: number }
  | { readonly result: Verified };

/**
 * Verification on SQLite. A thread does the checks, on connections of its own:
 * a recount, the integrity check of SQLite and the digests of a large journal
 * take long.
 */
export class SqliteVerification implements Verification {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  verify(request: VerifyRequest, control: JobControl): Promise<Verified> {
    return verifyInThread({ ...request, journalDb: this.#db.file }, control);
  }

  recount(): Promise<void> {
    return recountCounters(this.#db);
  }
}

function verifyInThread(order: VerifyOrder, { signal, progress }: JobControl): Promise<Verified> {
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
