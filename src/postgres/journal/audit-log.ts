import type { AuditedEvent, AuditLog, AuditRow } from '../../journal/audit-log.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './audit.sql.js';

/** The audit log on PostgreSQL. */
export class PostgresAuditLog implements AuditLog {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async list(limit: number): Promise<AuditRow[]> {
    return (await this.#db.all<StoredRow>(sql.LIST, { limit })).map(shown);
  }

  async ofEvent(eventId: string): Promise<AuditRow[]> {
    return (await this.#db.all<StoredRow>(sql.OF_EVENT, { eventId })).map(shown);
  }

  async idsWithBytes(): Promise<number[]> {
    return (await this.#db.all<{ id: number }>(sql.ALL_HELD)).map(({ id }) => id);
  }

  async find(id: number): Promise<AuditedEvent | undefined> {
    const row = await this.#db.get<HeldRow>(sql.HELD, { id });
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
  readonly holdsBytes: boolean;
  readonly inJournal: boolean;
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
    holds_bytes: row.holdsBytes,
    in_journal: row.inJournal,
  };
}
