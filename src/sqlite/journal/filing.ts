import type Database from 'better-sqlite3';
import * as sql from './filing.sql.js';

/** Prepares a statement once for a connection. */
export type Prepare = (sql: string) => Database.Statement;

/** Files what is not filed yet, inside a transaction that the caller holds. */
export function fileRecent(prepare: Prepare): void {
  const { filed, head } = prepare(sql.FILED_TO).get() as { filed: number; head: number | null };
  if (head === null || head <= filed) return;
  prepare(sql.FILE_LIVE).run();
  prepare(sql.FILE_COUNTS).run();
  prepare(sql.NOTE_FILED).run(head);
}
