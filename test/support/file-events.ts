import type Database from 'better-sqlite3';
import { fileRecent } from '../../src/sqlite/journal/filing.js';

/** Gives captured events their rows in `live` and `journal_count`, for tests that change these by hand. */
export function fileEvents(db: Database.Database): void {
  db.transaction(() => fileRecent((sql) => db.prepare(sql))).immediate();
}
