import type { JournalDatabase } from '../journal-database.js';
import * as sql from './audit.sql.js';

/** One decision in the audit log. */
export interface AuditRow {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly action: string;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly family: string | null;
  readonly reason: string;
  /** True when the log holds the exact bytes, so that they can be replayed. */
  readonly holds_bytes: boolean;
  readonly in_journal: boolean;
}

/** An event that only the audit log holds. */
export interface AuditedEvent {
  readonly id: number;
  readonly bytes: Buffer;
  /** Everything but the bytes, as capture wrote it down. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The newest entries of the audit log, newest first. */
export function listAudit(db: JournalDatabase, limit: number): AuditRow[] {
  return (db.statement(sql.LIST).all(limit) as StoredRow[]).map(shown);
}

/** Everything the audit log says of one event, newest first. */
export function auditOf(db: JournalDatabase, eventId: string): AuditRow[] {
  return (db.statement(sql.OF_EVENT).all(eventId) as StoredRow[]).map(shown);
}

interface StoredRow {
  readonly id: number;
  readonly at: number;
  readonly action: string;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly family: string | null;
  readonly reason: string;
  readonly holdsBytes: 0 | 1;
  readonly inJournal: 0 | 1;
}

function shown(row: StoredRow): AuditRow {
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    action: row.action,
    event_id: row.eventId,
    event_type: row.eventType,
    family: row.family,
    reason: row.reason,
    holds_bytes: row.holdsBytes === 1,
    in_journal: row.inJournal === 1,
  };
}

/** Numbers of all entries that hold bytes, oldest first. */
export function auditedIds(db: JournalDatabase): number[] {
  return (db.statement(sql.ALL_HELD).all() as { id: number }[]).map((row) => row.id);
}

/** The event an entry holds, or undefined when it holds none. */
export function auditedEvent(db: JournalDatabase, id: number): AuditedEvent | undefined {
  const row = db.statement(sql.HELD).get(id) as
    | { id: number; bytes: Buffer; details: string }
    | undefined;
  return row && { id, bytes: row.bytes, details: JSON.parse(row.details) };
}
