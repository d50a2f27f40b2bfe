import Database from 'better-sqlite3';
import { type FloorEvent, readFloorEvent } from './floor-event.js';

const SCHEMA = `
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, event_type TEXT NOT NULL,
    captured_at INTEGER NOT NULL, bytes BLOB NOT NULL)`;

const INSERT = 'INSERT INTO event (event_id, event_type, captured_at, bytes) VALUES (?, ?, ?, ?)';

/**
 * The least that is durable: one table without a second index, one fsync a
 * commit. Each event is read for its id and type. It promises nothing: no
 * duplicate is found, nothing is guarded, counted, or can be selected by target.
 */
export class LeanCapture {
  readonly #db: Database.Database;
  readonly #append: (events: readonly FloorEvent[]) => void;

  constructor(file: string) {
    this.#db = new Database(file);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.exec(SCHEMA);
    const insert = this.#db.prepare(INSERT);
    this.#append = this.#db.transaction((events: readonly FloorEvent[]) => {
      for (const { bytes } of events) {
        const { eventId, eventType } = readFloorEvent(bytes);
        insert.run(eventId, eventType, Date.now(), bytes);
      }
    }).immediate;
  }

  /** One durable transaction. */
  append(events: readonly FloorEvent[]): void {
    this.#append(events);
  }

  close(): void {
    this.#db.close();
  }
}
