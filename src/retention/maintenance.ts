import type { JournalDatabase } from '../storage/journal-database.js';
import { step } from '../storage/steps.js';

/** What a VACUUM won. */
export interface SpaceWon {
  readonly before_bytes: number;
  readonly after_bytes: number;
  readonly won_bytes: number;
}

/** Bytes of the database file, and how many of them hold nothing. */
export function fileSpace(db: JournalDatabase): { bytes: number; free: number } {
  return db.read((raw) => {
    const of = (name: string) => raw.pragma(name, { simple: true }) as number;
    const page = of('page_size');
    return { bytes: of('page_count') * page, free: of('freelist_count') * page };
  });
}

/**
 * Gives free pages back to the file system. Needs as much disk again while it
 * works, and everybody else waits.
 */
export async function vacuum(db: JournalDatabase): Promise<SpaceWon> {
  const before = fileSpace(db).bytes;
  await db.maintain((raw) => raw.exec('VACUUM'));
  step('gc.vacuumed');
  await truncateLog(db);
  const after = fileSpace(db).bytes;
  return { before_bytes: before, after_bytes: after, won_bytes: before - after };
}

/** From now on this connection overwrites what it deletes with zeros. */
export async function overwriteDeleted(db: JournalDatabase): Promise<void> {
  await db.maintain((raw) => raw.pragma('secure_delete = ON'));
}

/**
 * Moves everything from the write-ahead log into the database and empties the
 * log. False when a reader kept it from being emptied: what was deleted may
 * still be found there until the next checkpoint.
 */
export async function truncateLog(db: JournalDatabase): Promise<boolean> {
  const [row] = await db.maintain(
    (raw) => raw.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[],
  );
  step('storage.log-emptied');
  return row?.busy === 0;
}
