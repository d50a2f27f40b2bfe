import { hash } from 'node:crypto';
import type BetterSqlite3 from 'better-sqlite3';

/** Milliseconds SQLite itself waits for a lock; longer waits are ours, with jitter, off the event loop. */
export const DRIVER_TIMEOUT_MS = 250;

/**
 * KiB of pages that a connection keeps in memory, a quarter of the driver's own
 * choice: a drain reads each page once, and captures of ids in the order of time
 * are no slower with it. Random ids cost 4 % more, of which the journal gets few.
 */
const CACHE_KIB = 4_000;

/**
 * Sets and reads back what durability rests on. Throws when the connection
 * does not end up in WAL with `synchronous=FULL`, for instance on a file
 * system without shared memory.
 */
export function configureConnection(db: BetterSqlite3.Database): void {
  db.pragma(`busy_timeout = ${DRIVER_TIMEOUT_MS}`);
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal' && !db.memory)
    throw new Error(`${db.name} could not be put in WAL mode (it stays in ${mode} mode)`);
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('journal_size_limit = 67108864');
  db.pragma(`cache_size = -${CACHE_KIB}`);
  provideDigest(db);
}

/**
 * The triggers on payload compare digests with this function: a connection
 * without it, and so any program but redrain, cannot write payloads at all.
 */
export function provideDigest(db: BetterSqlite3.Database): void {
  db.function('redrain_sha256', { deterministic: true }, (bytes) =>
    hash('sha256', bytes as Buffer, 'buffer'),
  );
}
