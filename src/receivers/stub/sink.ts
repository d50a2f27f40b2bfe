import * as sql from './sink.sql.js';
import { inSinkFile, SinkConnection, unavailable } from './sink-connection.js';

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
 * that a sink that is deleted and made again is seen as another instance: also
 * while it is open.
 */
export class Sink {
  readonly #file: string;
  readonly #durable: boolean;
  #connection: SinkConnection;

  /** Opens or creates the database, readable by its owner alone. Throws when it cannot. */
  constructor({ db, durable = true }: SinkSettings) {
    this.#file = db;
    this.#durable = durable;
    this.#connection = new SinkConnection(db, durable);
  }

  /** Random, made with the database and kept in it. */
  get instanceId(): string {
    return this.#current().instanceId;
  }

  /**
   * Stores one POST's events and its log row in one transaction. For each event
   * in turn: how many times it has now been received.
   *
   * @throws SinkUnavailableError when the file was replaced meanwhile: nothing is received then.
   */
  receive(events: readonly ReceivedEvent[], post: ReceivedPost): number[] {
    const connection = this.#current();
    const { db } = connection;
    const receive = db.prepare<[string, Buffer], number>(sql.RECEIVE).pluck();
    return connection.write(() => {
      db.prepare(sql.LOG_POST).run(post);
      return events.map(({ eventId, bytes }) => receive.get(eventId, bytes) ?? 0);
    });
  }

  stats(): SinkStats {
    return this.#current().db.prepare<[], SinkStats>(sql.STATS).get()!;
  }

  /** The bytes an event first arrived with. */
  bytesOf(eventId: string): Buffer | undefined {
    return this.#current().db.prepare<[string], Buffer>(sql.BYTES_OF).pluck().get(eventId);
  }

  /** How often an event arrived; 0 when it never did. */
  timesOf(eventId: string): number {
    return this.#current().db.prepare<[string], number>(sql.TIMES_OF).pluck().get(eventId) ?? 0;
  }

  /** Ids in the order of their first arrival. */
  eventIds(): string[] {
    return this.#current().db.prepare<[], string>(sql.EVENT_IDS).pluck().all();
  }

  /** Every POST, oldest first. */
  posts(): ReceivedPost[] {
    return this.#current().db.prepare<[], ReceivedPost>(sql.POSTS).all();
  }

  close(): void {
    this.#connection.close();
  }

  /** Where the file was replaced or removed, the one that is there now, made when it is not. */
  #current(): SinkConnection {
    if (!this.#connection.isReplaced()) return this.#connection;
    this.#connection.close();
    try {
      this.#connection = new SinkConnection(this.#file, this.#durable);
    } catch (error) {
      throw unavailable(this.#file, error);
    }
    return this.#connection;
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
