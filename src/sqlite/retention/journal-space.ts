import { step } from '../../base/steps.js';
import { compact } from '../../files/compact.js';
import type { Compaction, JournalSpace } from '../../retention/journal-space.js';
import type { JournalDatabase } from '../journal-database.js';

/** JournalSpace on SQLite: free pages, and VACUUM in a process of its own. */
export class SqliteSpace implements JournalSpace {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async freeBytes(): Promise<number> {
    return this.#db.read((raw) => {
      const of = (name: string) => raw.pragma(name, { simple: true }) as number;
      return of('freelist_count') * of('page_size');
    });
  }

  async compact(env?: NodeJS.ProcessEnv): Promise<Compaction> {
    const { file } = this.#db;
    const { before_bytes, after_bytes, log_emptied } = await compact(file, env);
    step('gc.vacuumed');
    step('storage.log-emptied');
    const remains = log_emptied
      ? []
      : [`${file}-wal: another process reads the journal; run the command again when it has ended`];
    return { before_bytes, after_bytes, won_bytes: before_bytes - after_bytes, remains };
  }
}

/** From now on this connection overwrites what it deletes with zeros. */
export async function overwriteDeleted(db: JournalDatabase): Promise<void> {
  await db.maintain((raw) => raw.pragma('secure_delete = ON'));
}
