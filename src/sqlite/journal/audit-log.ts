import type { AuditedEvent, AuditLog, AuditRow } from '../../journal/audit-log.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './audit.sql.js';

/** The audit log on SQLite. */
export class SqliteAuditLog implements AuditLog {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async list(limit: number): Promise<AuditRow[]> {
    return this.#db.statement<[number], StoredRow>(sql.LIST).all(limit).map(shown);
  }

  async ofEvent(eventId: string): Promise<AuditRow[]> {
    return this.#db.statement<[string], StoredRow>(sql.OF_EVENT).all(eventId).map(shown);
  }

  async idsWithBytes(): Promise<number[]> {
    const rows = this.#db.statement<[], { id: number }>(sql.ALL_HELD).all();
    return rows.map(({ id }) => id);
  }

  async find(id: number): Promise<AuditedEvent | undefined> {
    const row = this.#db.statement<[number], HeldRow>(sql.HELD).get(id);
    return row && { id, bytes: row.bytes, details: JSON.parse(row.details) };
  }
}

interface HeldRow {
  readonly bytes: Buffer;
  /** JSON. */
  readonly details: string;
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
