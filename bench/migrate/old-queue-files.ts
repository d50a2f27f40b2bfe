import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { SampleEvent } from '../sample-events.js';

/** The `queue` table as the last version of the old program made it. */
const SCHEMA = `
  CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE NOT NULL,
    event_type TEXT NOT NULL, data TEXT NOT NULL, timestamp INTEGER NOT NULL,
    retry_count INTEGER DEFAULT 0, coalesce_key TEXT);
  CREATE INDEX idx_timestamp ON queue(timestamp);
  CREATE INDEX idx_retry ON queue(retry_count);
  CREATE INDEX idx_coalesce_key ON queue(coalesce_key);`;

/** Writes these events into so many old queue files of a directory; returns the files, by name. */
export function writeOldQueues(
  directory: string,
  events: readonly SampleEvent[],
  files: number,
): string[] {
  const perFile = Math.ceil(events.length / files);
  return Array.from({ length: files }, (_, i) => {
    const file = join(directory, `queue-${i.toString(16).padStart(16, '0')}.db`);
    writeQueue(file, events.slice(i * perFile, (i + 1) * perFile));
    return file;
  });
}

function writeQueue(file: string, events: readonly SampleEvent[]): void {
  const db = new Database(file);
  db.exec(SCHEMA);
  const insert = db.prepare(
    'INSERT INTO queue (event_id, event_type, data, timestamp) VALUES (?, ?, ?, ?)',
  );
  db.transaction(() => {
    for (const { eventId, eventType, bytes, timestamp } of events)
      insert.run(eventId, eventType, bytes.toString(), Math.floor(Date.parse(timestamp) / 1_000));
  })();
  db.close();
}
