import { parentPort, workerData } from 'node:worker_threads';
import { Spool } from '../../journal/spool.js';
import { ArchiveDirectory } from '../../retention/archive-directory.js';
import { NOTHING_VERIFIED } from '../../retention/verification.js';
import { JournalDatabase } from '../journal-database.js';
import type { VerifyOrder, VerifyWord } from './verification.js';
import { verifyAll } from './verify.js';

/** The whole of a thread: every check of its part on connections of its own, so that no other work waits. */
async function main(order: VerifyOrder): Promise<void> {
  const stop = new AbortController();
  parentPort?.once('message', () => stop.abort());
  const db = JournalDatabase.openReadOnly(order.journalDb);
  try {
    const subject = {
      spool: new Spool(order.spoolDir),
      directory: new ArchiveDirectory(order.archiveDir),
    };
    const control = {
      signal: stop.signal,
      progress: (done: number, total: number) => say({ done, total }),
    };
    say({
      result:
        db === undefined ? NOTHING_VERIFIED : await verifyAll({ db, ...subject }, control, order),
    });
  } finally {
    db?.close();
    // A listener keeps a thread alive.
    parentPort?.close();
  }
}

function say(word: VerifyWord): void {
  parentPort?.postMessage(word);
}

// A failure ends the thread: whoever started it is told.
void main(workerData as VerifyOrder);
