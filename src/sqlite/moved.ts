import type BetterSqlite3 from 'better-sqlite3';
import { SCHEMA_VERSION } from '../../migrations/index.js';
import { JournalMovedError, NewerSchemaError } from '../files/storage-errors.js';
import type { MoveMark } from '../transfer/ports.js';

/**
 * Added to the schema number of a journal that is copied to another engine, or was: every
 * transaction reads the number, so that no process can write what the copy would not
 * have; a redrain that does not know of moves takes it for a newer schema.
 */
const MOVED = 1_000_000_000;

const TABLE = 'moved';
const CREATE = `CREATE TABLE ${TABLE} (id TEXT NOT NULL, place TEXT NOT NULL, journal TEXT NOT NULL, state TEXT NOT NULL)`;
const READ = `SELECT id, place, journal, state FROM ${TABLE}`;

export const MOVED_TABLE = TABLE;

/** Whether a schema number says that the journal is copied, or was. */
const isMoved = (version: number): boolean => version >= MOVED;

/** What a journal is marked with, also while it is used as before. */
export function moveMark(db: BetterSqlite3.Database): MoveMark | undefined {
  const isThere = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '${TABLE}'`).get();
  return isThere === undefined ? undefined : (db.prepare(READ).get() as MoveMark);
}

/** Within a transaction. */
export function setMark(db: BetterSqlite3.Database, mark: MoveMark): void {
  db.exec(CREATE);
  db.prepare(`INSERT INTO ${TABLE} VALUES (@id, @place, @journal, @state)`).run(mark);
}

/** Within a transaction, from which on nobody writes it. */
export function freezeMarked(db: BetterSqlite3.Database): void {
  noteInMark(db, 'copying');
  db.pragma(`user_version = ${MOVED + SCHEMA_VERSION}`);
}

/** Within a transaction. */
export function noteInMark(db: BetterSqlite3.Database, state: MoveMark['state']): void {
  db.prepare(`UPDATE ${TABLE} SET state = ?`).run(state);
}

/** Within a transaction. */
export function removeMark(db: BetterSqlite3.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  db.exec(`DROP TABLE ${TABLE}`);
  if (isMoved(version)) db.pragma(`user_version = ${version - MOVED}`);
}

/** @throws NewerSchemaError, or JournalMovedError where the journal is not here any more. */
export function assertKnownSchema(db: BetterSqlite3.Database, version: number): void {
  if (version <= SCHEMA_VERSION) return;
  if (!isMoved(version)) throw new NewerSchemaError(db.name, version, SCHEMA_VERSION);
  const { place, state } = db.prepare(READ).get() as MoveMark;
  throw new JournalMovedError(db.name, place, state === 'finished');
}
