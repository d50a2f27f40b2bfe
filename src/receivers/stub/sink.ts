import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import * as sql from './sink.sql.js';

/** Another process may be writing; a sink can afford to wait for it. */
const BUSY_TIMEOUT_MS = 5_000;

/** One event as it arrived: its id and its exact bytes. */
export interface ReceivedEvent {
  readonly eventId: string;
  readonly bytes: Buffer;
}

/** One POST as the sink saw it. */
export interface ReceivedPost {
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** Events in the body. */
  readonly events: number;
  /** How many of them were stored or counted again. */
  readonly stored: number;
  /** The status it was answered with; null when the connection was reset instead. */
  readonly status: number | null;
}

/** `events` counts repeats, `unique` does not; the difference is `duplicates`. */
export interface SinkStats {
  readonly posts: number;
  readonly events: number;
  readonly unique: number;
  readonly duplicates: number;
}

export interface SinkSettings {
  /** A file, or `:memory:`. */
  readonly db: string;
  /** False skips every fsync: right for benches, and wherever the sink may be lost. Default true. */
  readonly durable?: boolean;
}

/**
 * What a receiver would hold: every event byte for byte, once per `event_id`,
 * with the number of times it came. Keeps the id of this server instance, so
 * that a sink that is deleted and made anew is seen as another instance.
 */
export class Sink {
  /** Random, made with the database and kept in it. */
  readonly instanceId: string;
  readonly #db: Database.Database;
  readonly #receive: Database.Statement<[string, Buffer], number>;
  readonly #log: Database.Statement<[ReceivedPost]>;

  /** Opens or creates the database, readable by its owner alone. Throws when it cannot. */
  constructor({ db, durable = true }: SinkSettings) {
    if (db !== ':memory:') createPrivately(db);
    this.#db = new Database(db, { timeout: BUSY_TIMEOUT_MS });
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma(`synchronous = ${durable ? 'FULL' : 'OFF'}`);
    this.#db.exec(sql.CREATE);
    this.#receive = this.#db.prepare<[string, Buffer], number>(sql.RECEIVE).pluck();
    this.#log = this.#db.prepare(sql.LOG_POST);
    this.instanceId = this.#keep('server_instance_id', randomUUID());
  }

  /**
   * Stores one POST's events and its log row in one transaction. For each event
   * in turn: how many times it has now been received.
   */
  receive(events: readonly ReceivedEvent[], post: ReceivedPost): number[] {
    const storeAll = this.#db.transaction(() => {
      this.#log.run(post);
      return events.map(({ eventId, bytes }) => this.#receive.get(eventId, bytes) ?? 0);
    });
    return storeAll.immediate();
  }

  stats(): SinkStats {
    return this.#db.prepare<[], SinkStats>(sql.STATS).get()!;
  }

  /** The bytes an event first arrived with. */
  bytesOf(eventId: string): Buffer | undefined {
    return this.#db.prepare<[string], Buffer>(sql.BYTES_OF).pluck().get(eventId);
  }

  /** How often an event arrived; 0 when it never did. */
  timesOf(eventId: string): number {
    return this.#db.prepare<[string], number>(sql.TIMES_OF).pluck().get(eventId) ?? 0;
  }

  /** Ids in the order of their first arrival. */
  eventIds(): string[] {
    return this.#db.prepare<[], string>(sql.EVENT_IDS).pluck().all();
  }

  /** Every POST, oldest first. */
  posts(): ReceivedPost[] {
    return this.#db.prepare<[], ReceivedPost>(sql.POSTS).all();
  }

  close(): void {
    this.#db.close();
  }

  #keep(name: string, value: string): string {
    this.#db.prepare(sql.KEEP_ABOUT).run(name, value);
    return this.#db.prepare<[string], string>(sql.READ_ABOUT).pluck().get(name)!;
  }
}

/** How many copies of an event the sink of this file holds: one or none. Changes nothing. */
export function copiesInSink(file: string, eventId: string): number {
  return inSinkFile(file, { readonly: true }, (db) => {
    return db.prepare<[string], number>(sql.HOLDS).pluck().get(eventId) ?? 0;
  });
}

/** Erases the bytes of an event from the sink of this file. Returns how many copies went. */
export function eraseFromSink(file: string, eventId: string): number {
  return inSinkFile(file, {}, (db) => {
    db.pragma('secure_delete = ON');
    return db.prepare(sql.ERASE).run(eventId).changes;
  });
}

function inSinkFile<T>(
  file: string,
  options: Database.Options,
  work: (db: Database.Database) => T,
): T {
  const db = new Database(file, { ...options, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/**
 * Only when it is not there yet: closing a descriptor of a database that this
 * process has open would drop SQLite's locks on it.
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
