import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { FileKey, QueueClock, ReadPosition, ReadPositions } from './ports.js';

/** A file that no run met for so long is forgotten: its number belongs to another one by now. */
const FORGOTTEN_MS = 90 * 86_400_000;

/** Where schedules have read files up to, in jobs.db. */
export class SqliteReadPositions implements ReadPositions {
  readonly #db: JobsDatabase;
  readonly #clock: QueueClock;

  constructor(db: JobsDatabase, clock: QueueClock) {
    this.#db = db;
    this.#clock = clock;
  }

  async find(schedulerId: string, file: FileKey): Promise<ReadPosition | undefined> {
    const row = this.#db.statement(sql.FIND_POSITION).get({ schedulerId, ...file });
    return row as ReadPosition | undefined;
  }

  put(schedulerId: string, file: FileKey, position: ReadPosition): Promise<void> {
    const now = this.#clock.now();
    return this.#db.write(() => {
      this.#db.statement(sql.PUT_POSITION).run({ schedulerId, ...file, ...position, now });
      this.#db.statement(sql.FORGET_POSITIONS).run({ schedulerId, before: now - FORGOTTEN_MS });
    });
  }
}
