import { hash } from 'node:crypto';
import type Database from 'better-sqlite3';
import * as sql from './capture.sql.js';
import type { FloorEvent } from './floor-event.js';

/**
 * The rows of a capture and nothing else: it looks for no duplicates, guards
 * nothing, and asks no configuration.
 */
export class FloorCapture {
  readonly #append: (events: readonly FloorEvent[]) => void;
  readonly #event: Database.Statement;
  readonly #payload: Database.Statement;
  readonly #live: Database.Statement;
  readonly #count: Database.Statement;
  readonly #origins: ReadonlyMap<string, number>;

  constructor(db: Database.Database, projects: readonly string[]) {
    this.#event = db.prepare(sql.INSERT_EVENT);
    this.#payload = db.prepare(sql.INSERT_PAYLOAD);
    this.#live = db.prepare(sql.INSERT_LIVE);
    this.#count = db.prepare(sql.COUNT);
    this.#origins = originsOf(db, projects);
    this.#append = db.transaction((events: readonly FloorEvent[]) => this.#rows(events)).immediate;
  }

  /** One durable transaction; on disk when it resolves. */
  async append(events: readonly FloorEvent[]): Promise<void> {
    this.#append(events);
  }

  #rows(events: readonly FloorEvent[]): void {
    const now = Date.now();
    const tallies = new Map<number, { events: number; bytes: number }>();
    for (const event of events) {
      const originId = this.#origins.get(event.projectUuid) as number;
      this.#insert(event, originId, now);
      const tally = tallies.get(originId) ?? { events: 0, bytes: 0 };
      tally.events += 1;
      tally.bytes += event.bytes.length;
      tallies.set(originId, tally);
    }
    for (const [originId, tally] of tallies)
      this.#count.run(originId, tally.events, tally.events, tally.bytes);
  }

  #insert(event: FloorEvent, originId: number, now: number): void {
    const { eventId, eventType, timestamp, bytes } = event;
    const digest = hash('sha256', bytes, 'buffer');
    const { lastInsertRowid: seq } = this.#event.run(
      eventId,
      eventType,
      originId,
      timestamp,
      now,
      now,
      digest,
      bytes.length,
    );
    this.#payload.run(seq, bytes);
    this.#live.run(originId, seq);
  }
}

function originsOf(db: Database.Database, projects: readonly string[]): Map<string, number> {
  const insert = db.prepare(sql.INSERT_ORIGIN);
  return new Map(projects.map((project) => [project, Number(insert.run(project).lastInsertRowid)]));
}
