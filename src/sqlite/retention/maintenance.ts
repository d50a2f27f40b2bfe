import { step } from '../../base/steps.js';
import { compact } from '../../files/compact.js';
import type { JournalDatabase } from '../journal-database.js';

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
 * Writes the file anew, without what holds nothing, in a process of its own.
 * Needs as much disk again while it works, and everybody else waits.
 *
 * @throws StorageUnavailableError; the file is then what it was.
 */
export async function vacuum(
  db: JournalDatabase,
  env?: NodeJS.ProcessEnv,
): Promise<SpaceWon & { log_emptied: boolean }> {
  const { before_bytes, after_bytes, log_emptied } = await compact(db.file, env);
  step('gc.vacuumed');
  step('storage.log-emptied');
  return { before_bytes, after_bytes, won_bytes: before_bytes - after_bytes, log_emptied };
}

/** From now on this connection overwrites what it deletes with zeros. */
export async function overwriteDeleted(db: JournalDatabase): Promise<void> {
  await db.maintain((raw) => raw.pragma('secure_delete = ON'));
}
