import Database from 'better-sqlite3';
import { FLOOR_SCHEMA } from './schema.sql.js';

/** Opens, and at first creates, the database of a floor: as durable as the product's. */
export function openFloor(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = OFF');
  db.pragma('journal_size_limit = 67108864');
  const isNew = db.pragma('user_version', { simple: true }) === 0;
  if (isNew) {
    db.exec(FLOOR_SCHEMA);
    db.pragma('user_version = 1');
  }
  return db;
}
