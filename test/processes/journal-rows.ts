import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { stateOf } from '../support/temporary-home.js';

/** Reads a home's journal as any other program could; nothing may be draining it. */
export function readJournal<T>(home: string, read: (db: Database.Database) => T): T {
  const db = new Database(join(stateOf(home), 'journal.db'), { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

export interface PayloadRow {
  readonly eventId: string;
  readonly bytes: Buffer;
  /** As the journal says, in hex. */
  readonly recorded: string;
}

/** Every payload with its id, in journal order. */
export function payloads(home: string): PayloadRow[] {
  return readJournal(home, (db) =>
    db
      .prepare<[], PayloadRow>(
        `SELECT event_id AS eventId, bytes, lower(hex(sha256)) AS recorded
         FROM event LEFT JOIN payload USING (seq) ORDER BY seq`,
      )
      .all(),
  );
}

/** Event id → SHA-256 of the bytes that are in the journal now. */
export function payloadDigests(home: string): Map<string, string> {
  return new Map(payloads(home).map(({ eventId, bytes }) => [eventId, sha256(bytes)]));
}

export const sha256 = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('hex');

export type DeliveryRow = Readonly<Record<string, unknown>> & {
  readonly event_id: string;
  readonly status: string;
};

/** Every column of every delivery at one address, in journal order. */
export function deliveriesAt(home: string, address: string): DeliveryRow[] {
  return readJournal(home, (db) =>
    db
      .prepare<[string], DeliveryRow>(
        `SELECT e.event_id, d.* FROM delivery d JOIN event e USING (seq)
         JOIN target t ON t.id = d.target_id WHERE t.canonical_url = ? ORDER BY d.seq`,
      )
      .all(address),
  );
}

/** Ids of the rows in one of these states. */
export function idsWith(rows: readonly DeliveryRow[], ...statuses: string[]): string[] {
  return rows.filter(({ status }) => statuses.includes(status)).map(({ event_id }) => event_id);
}

export interface StoredEvent {
  readonly eventId: string;
  readonly bytes: Buffer;
  readonly times: number;
}

/** What a sink's file holds, by id; its server must have stopped. */
export function sinkRows(file: string): StoredEvent[] {
  const db = new Database(file, { readonly: true });
  try {
    return db
      .prepare<[], StoredEvent>(
        'SELECT event_id AS eventId, bytes, times FROM received ORDER BY seq',
      )
      .all();
  } finally {
    db.close();
  }
}
