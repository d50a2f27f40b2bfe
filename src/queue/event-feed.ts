import { parsed, toJson } from './job-row.js';
import * as sql from './jobs.sql.js';
import type { JobsDatabase } from './jobs-database.js';
import type { JobEvent, JobEventName } from './ports.js';

/** Events kept for listeners that are slow to look. */
const RING = 10_000;
/** How many are added between two trims. */
const TRIM_EVERY = 500;

interface EventRow {
  id: number;
  queue: string;
  event: JobEventName;
  jobId: string;
  detail: string | null;
}

interface Listener {
  readonly queue: string;
  readonly event: JobEventName;
  tell(event: JobEvent): void;
}

/** Tells listeners what was written to the event ring, by this process or any other, in order. */
export class EventFeed {
  readonly #db: JobsDatabase;
  readonly #listeners = new Set<Listener>();
  #last = 0;

  constructor(db: JobsDatabase) {
    this.#db = db;
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** From now on: what happened before is not told. */
  listen(listener: Listener): () => void {
    if (!this.isHeard) this.#last = (this.#db.statement(sql.LAST_EVENT).get() as { id: number }).id;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells what is new. */
  flush(): void {
    while (this.isHeard) {
      const rows = this.#db.statement<[number], EventRow>(sql.EVENTS_SINCE).all(this.#last);
      if (rows.length === 0) return;
      for (const row of rows) {
        this.#last = row.id;
        this.#tell(row);
      }
    }
  }

  #tell(row: EventRow): void {
    const event = { event: row.event, jobId: row.jobId, detail: parsed(row.detail) };
    for (const listener of [...this.#listeners])
      if (listener.queue === row.queue && listener.event === row.event) listener.tell(event);
  }
}

/** Writes an event down, inside the caller's transaction: what is told has happened. */
export function logEvent(
  db: JobsDatabase,
  queue: string,
  event: JobEventName,
  jobId: string,
  detail?: unknown,
): void {
  const text = detail === undefined ? null : toJson(detail);
  const { lastInsertRowid } = db.statement(sql.LOG_EVENT).run(queue, event, jobId, text);
  const id = Number(lastInsertRowid);
  if (id % TRIM_EVERY === 0) db.statement(sql.TRIM_EVENTS).run(id - RING);
}
