/** One row of an old `queue` table, exactly as stored. SQLite keeps any type in any column. */
export interface QueueRow {
  readonly id: bigint;
  readonly eventId: Buffer;
  readonly eventType: Buffer;
  readonly data: Buffer;
  readonly timestamp: unknown;
  readonly retryCount: unknown;
}

/** What is wrong with a file, as far as its copy shows. */
export interface QueueDamage {
  /** The first finding of SQLite, in one line. */
  readonly reason: string;
  /** True when the rows themselves may be wrong: only those that vouch for themselves can be taken. */
  readonly touchesRows: boolean;
}
