import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { RowIdentity } from './import-records.js';
import type { QueueRow } from './queue-row.js';

/** The column's id as text; one that is no UTF-8 is shown in hexadecimal instead of being altered. */
export function rowEventId({ eventId }: Pick<QueueRow, 'eventId'>): string {
  return isUtf8(eventId) ? eventId.toString('utf8') : `hex:${eventId.toString('hex')}`;
}

/** By which a row is recognised when its file is read again. */
export function identityOfRow(row: QueueRow): RowIdentity {
  return { id: row.id, eventId: rowEventId(row), sha256: hash('sha256', row.data, 'buffer') };
}
