import { step } from '../../base/steps.js';
import type { Compaction, JournalSpace } from '../../retention/journal-space.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './journal-space.sql.js';

/** JournalSpace on PostgreSQL: what tables take up beside their rows, and VACUUM (FULL). */
export class PostgresSpace implements JournalSpace {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  /** An estimate: the room of payloads, without as many of them as there are at the size of a sample. */
  async freeBytes(): Promise<number> {
    return (await this.#db.get<{ free: number }>(sql.FREE))?.free ?? 0;
  }

  /** Rewrites every table whose rows may hold bytes of events; all who use one wait for it. */
  async compact(): Promise<Compaction> {
    const before = await this.#size();
    const tables = await this.#db.all<Rewritable>(sql.REWRITTEN, { tables: sql.TABLES });
    const own = tables.filter(({ isOurs }) => isOurs);
    await this.#db.maintain(own.map(({ name }) => `VACUUM (FULL, ANALYZE) "${name}"`));
    step('gc.vacuumed');
    const after = await this.#size();
    const remains = tables
      .filter(({ isOurs }) => !isOurs)
      .map(
        ({ name, owner }) =>
          `table ${name} of ${this.#db.shown}: only its owner ${owner} can rewrite it, with VACUUM (FULL)`,
      );
    return { before_bytes: before, after_bytes: after, won_bytes: before - after, remains };
  }

  async #size(): Promise<number> {
    return (await this.#db.get<{ bytes: number }>(sql.SIZE))?.bytes ?? 0;
  }
}

interface Rewritable {
  readonly name: string;
  readonly owner: string;
  readonly isOurs: boolean;
}
