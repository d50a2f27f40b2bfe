import { statSync } from 'node:fs';
import Database from 'better-sqlite3';

const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Frames that work adds to the log of a database: pages it writes. A reader
 * keeps the log from starting again meanwhile, so that its size says it all.
 */
export async function logFramesOf(file: string, work: () => Promise<void>): Promise<number> {
  const db = new Database(file);
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    const page = db.pragma('page_size', { simple: true }) as number;
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    await work();
    const { size } = statSync(`${file}-wal`);
    db.exec('COMMIT');
    return Math.max(0, size - LOG_HEADER_BYTES) / (page + FRAME_HEADER_BYTES);
  } finally {
    db.close();
  }
}
