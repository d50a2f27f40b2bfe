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

/**
 * Reads of the audit log. Its rows are written by the stores whose decisions
 * they record, in the same transaction.
 */
export interface AuditLog {
  /** The newest entries, newest first. */
  list(limit: number): Promise<AuditRow[]>;
  /** All entries about one event id, newest first. */
  ofEvent(eventId: string): Promise<AuditRow[]>;
  /** Ids of all entries that hold bytes, oldest first. */
  idsWithBytes(): Promise<number[]>;
  /** The event that an entry holds; undefined when it holds none. */
  find(id: number): Promise<AuditedEvent | undefined>;
}
