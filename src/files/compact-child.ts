import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { errorCode, isBusy } from './storage-errors.js';
import { plainMessage } from './trouble.js';

/** How long the child waits for writers, in milliseconds. */
const PATIENCE_MS = 15_000;

/** The whole of a child process: `node compact-child.js FILE`. It prints one JSON document. */
async function main(file: string): Promise<unknown> {
  const db = new Database(file, { fileMustExist: true, timeout: 250 });
  try {
    const before_bytes = sizeOf(db);
    db.pragma('secure_delete = ON');
    await patiently(() => db.exec('VACUUM'));
    const log_emptied = await emptied(db);
    return { before_bytes, after_bytes: sizeOf(db), log_emptied };
  } finally {
    db.close();
  }
}

function sizeOf(db: Database.Database): number {
  const of = (name: string) => db.pragma(name, { simple: true }) as number;
  return of('page_count') * of('page_size');
}

/** A reader of this moment is waited for a little; one that stays is told of. */
async function emptied(db: Database.Database): Promise<boolean> {
  for (let tries = 0; tries < 5; tries += 1) {
    const [row] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (row?.busy === 0) return true;
    await delay(50);
  }
  return false;
}

async function patiently(work: () => void): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await delay(50 * (0.5 + Math.random()));
  }
}

void main(process.argv[2] ?? '')
  .catch((error: Error) => ({ code: errorCode(error), message: plainMessage(error) }))
  .then((told) => process.stdout.write(JSON.stringify(told)));
