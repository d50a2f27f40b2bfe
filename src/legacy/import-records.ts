import type { JournalDatabase } from '../storage/journal-database.js';
import * as sql from './imports.sql.js';

/** What the last import of a file left behind. */
export interface SourceRecord {
  readonly id: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly events: number;
  readonly bodyUploads: number | null;
  readonly failureLog: number | null;
  readonly damage: string | null;
  readonly attribution: string | null;
  readonly importedAt: number;
}

interface KnownVersion {
  readonly version: bigint;
  readonly sha256: Buffer;
  readonly eventId: string;
}

/** A row of an old file, as far as its identity goes. */
export interface RowIdentity {
  readonly id: bigint;
  readonly eventId: string;
  /** SHA-256 of its data. */
  readonly sha256: Buffer;
}

/** The record of a file's last import, or undefined. */
export function findSource(db: JournalDatabase, path: string): SourceRecord | undefined {
  return db.statement<[string], SourceRecord>(sql.FIND_SOURCE).get(path);
}

/**
 * The number a row's next version would get, or undefined when this very
 * content was imported from this row before.
 */
export function nextVersion(
  db: JournalDatabase,
  sourceId: number,
  row: RowIdentity,
): number | undefined {
  const known = db
    .statement<[number, bigint], KnownVersion>(sql.KNOWN_VERSIONS)
    .all(sourceId, row.id);
  const isKnown = known.some(
    ({ sha256, eventId }) => sha256.equals(row.sha256) && eventId === row.eventId,
  );
  return isKnown ? undefined : known.length + 1;
}
