import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { childScript } from '../../files/child-script.js';
import type { JobControl } from '../../retention/job-control.js';
import type {
  Finding,
  Verification,
  Verified,
  VerifyRequest,
} from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { recountCounters } from './ledger-checks.js';
import { LAST_CHECK, type VerifyPart } from './parts.js';

/** Bytes of a journal whose digests take as long as the start of one more thread. */
const WORTH_A_THREAD = 10 * 1024 * 1024;

/** What a thread is given. */
export interface VerifyOrder extends VerifyRequest {
  readonly journalDb: string;
  /** Undefined: every check. */
  readonly part?: VerifyPart;
}

/** What the thread says. */
export type VerifyWord =
  | { readonly done: number; readonly total: number }
  | { readonly result: Verified };

/**
 * Verification on SQLite. Threads do the checks, on connections of their own: a
 * recount, the integrity check of SQLite and the digests of a large journal take
 * long, and the digests about as long as all others together, so that they have a
 * thread to themselves there.
 */
export class SqliteVerification implements Verification {
  readonly #db: JournalDatabase;
  readonly #worthAThread: number;

  constructor(db: JournalDatabase, worthAThread = WORTH_A_THREAD) {
    this.#db = db;
    this.#worthAThread = worthAThread;
  }

  async verify(request: VerifyRequest, control: JobControl): Promise<Verified> {
    const order = { ...request, journalDb: this.#db.file };
    // Of the file: what is in it may be damaged, which is for the checks to find.
    if (statSync(this.#db.file).size < this.#worthAThread) return verifyInThread(order, control);
    // Where one fails, the other is done before that is said: nothing goes on behind the caller's back.
    const [digests, others] = await Promise.allSettled([
      verifyInThread({ ...order, part: 'digests' }, control),
      verifyInThread({ ...order, part: 'others' }, control),
    ]);
    if (digests.status === 'rejected') throw digests.reason;
    if (others.status === 'rejected') throw others.reason;
    return together(others.value, digests.value);
  }

  recount(): Promise<void> {
    return recountCounters(this.#db);
  }
}

/** In the order of their cost, as one thread would do them: the integrity check comes last. */
function together({ checks, events }: Verified, digests: Verified): Verified {
  const isLast = ({ name }: Finding): boolean => name === LAST_CHECK;
  return {
    checks: [...checks.filter((one) => !isLast(one)), ...digests.checks, ...checks.filter(isLast)],
    events,
  };
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
