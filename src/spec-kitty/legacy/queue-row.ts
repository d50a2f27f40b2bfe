import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';

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

/** A row of an old file, as far as its identity goes. */
export interface RowIdentity {
  readonly id: bigint;
  readonly eventId: string;
  /** SHA-256 of its data. */
  readonly sha256: Buffer;
}

/** The column's id as text; one that is not UTF-8 is shown in hexadecimal instead of being altered. */
export function rowEventId({ eventId }: Pick<QueueRow, 'eventId'>): string {
  return isUtf8(eventId) ? eventId.toString('utf8') : `hex:${eventId.toString('hex')}`;
}

/** By which a row is recognised when its file is read again. */
export function identityOfRow(row: QueueRow): RowIdentity {
  return { id: row.id, eventId: rowEventId(row), sha256: hash('sha256', row.data, 'buffer') };
}
