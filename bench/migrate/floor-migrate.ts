import { hash } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { SampleEvent } from '../sample-events.js';

const IMPORTED_ROW = `
  CREATE TABLE imported_row (source_id INTEGER NOT NULL, row_id INTEGER NOT NULL,
    version INTEGER NOT NULL, seq INTEGER NOT NULL, conflict_id INTEGER, sha256 BLOB NOT NULL,
    enqueued_at INTEGER, retry_count INTEGER, note TEXT,
    PRIMARY KEY (source_id, row_id, version)) WITHOUT ROWID;
  CREATE INDEX ix_imported_row_seq ON imported_row (seq);`;

const READ = `
  SELECT id, event_id AS eventId, event_type AS eventType, CAST(data AS BLOB) AS data, timestamp,
    retry_count AS retryCount FROM queue ORDER BY timestamp, id`;

interface Row {
  readonly id: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly data: Buffer;
  readonly timestamp: number;
  readonly retryCount: number;
}

/**
 * The reads, digests, rows and commits of an import and nothing else: a copy
 * of each file, one transaction for it. The floor is told the project and time
 * of each event, looks for no duplicates and no damage.
 */
export class FloorMigrate {
  readonly #db: Database.Database;
  readonly #known: ReadonlyMap<string, SampleEvent>;
  readonly #origins: ReadonlyMap<string, number>;
  readonly #insert: Record<'event' | 'payload' | 'live' | 'row', Database.Statement>;

  constructor(db: Database.Database, events: readonly SampleEvent[], projects: readonly string[]) {
    this.#db = db;
    this.#known = new Map(events.map((event) => [event.eventId, event]));
    db.exec(IMPORTED_ROW);
    const origin = db.prepare(
      `INSERT INTO origin (project_uuid, repo_slug, checkout) VALUES (?, 'example/bench', '')`,
    );
    this.#origins = new Map(
      projects.map((project) => [project, Number(origin.run(project).lastInsertRowid)]),
    );
    this.#insert = {
      event: db.prepare(`
        INSERT INTO event (event_id, revision, event_type, origin_id, source, event_time,
          occurred_at, captured_at, producer_user, producer_team, drain_blocked_reason, carries_id,
          undeliverable, sha256, size)
        VALUES (?, 1, ?, ?, 'import', ?, ?, ?, NULL, 'bench-team', NULL, 1, NULL, ?, ?)`),
      payload: db.prepare('INSERT INTO payload (seq, bytes) VALUES (?, ?)'),
      live: db.prepare('INSERT INTO live (origin_id, seq) VALUES (?, ?)'),
      row: db.prepare('INSERT INTO imported_row VALUES (?, ?, 1, ?, NULL, ?, ?, ?, NULL)'),
    };
  }

  /** Returns how many rows there were. */
  migrate(files: readonly string[], scratch: string): number {
    return files.reduce((rows, file, i) => rows + this.#one(file, `${scratch}/copy.db`, i + 1), 0);
  }

  #one(file: string, copy: string, sourceId: number): number {
    copyFileSync(file, copy);
    const queue = new Database(copy);
    let rows = 0;
    this.#db
      .transaction(() => {
        for (const row of queue.prepare(READ).iterate() as Iterable<Row>) {
          this.#row(row, sourceId);
          rows += 1;
        }
      })
      .immediate();
    queue.close();
    rmSync(copy);
    return rows;
  }

  #row(row: Row, sourceId: number): void {
    const known = this.#known.get(row.eventId) as SampleEvent;
    const originId = this.#origins.get(known.projectUuid) as number;
    const digest = hash('sha256', row.data, 'buffer');
    const at = row.timestamp * 1_000;
    const { lastInsertRowid: seq } = this.#insert.event.run(
      row.eventId,
      row.eventType,
      originId,
      known.timestamp,
      at,
      at,
      digest,
      row.data.length,
    );
    this.#insert.payload.run(seq, row.data);
    this.#insert.live.run(originId, seq);
    this.#insert.row.run(sourceId, row.id, seq, digest, row.timestamp, row.retryCount);
  }
}
