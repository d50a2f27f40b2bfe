import { join } from 'node:path';
import Database from 'better-sqlite3';
import { stateOf } from '../support/temporary-home.js';

/** Rows of the journal of a home, read on a connection of their own. */
export function journalRows<T = Record<string, unknown>>(home: string, sql: string): T[] {
  const db = new Database(join(stateOf(home), 'journal.db'), { readonly: true });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

/** The payloads of a home, in the order of the journal. */
export function payloadsOf(home: string): string[] {
  const sql = 'SELECT bytes FROM payload ORDER BY seq';
  return journalRows<{ bytes: Buffer }>(home, sql).map(({ bytes }) => bytes.toString());
}

/** Changes the journal of a home behind the back of redrain. */
export function changeJournal(home: string, sql: string): void {
  const db = new Database(join(stateOf(home), 'journal.db'));
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}
