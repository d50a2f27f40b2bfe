import { MAX_ID_LENGTH } from '../../journal/input/problems.js';
import { type FlaggedRow, noRows, type RowCounts } from './migration-report.js';
import type { QueuedEvent } from './queued-event.js';

/** Lists in a report stop here; the counts do not. */
const LISTED = 100;

/** An id that no event may have is told from others by its row. */
const shown = (eventId: string): string =>
  eventId.length > MAX_ID_LENGTH ? `${eventId.slice(0, MAX_ID_LENGTH)}…` : eventId;

/** Counts what becomes of the rows of one file, and keeps the first things worth reading. */
export class SourceTally {
  readonly counts: RowCounts = noRows();
  readonly flags: FlaggedRow[] = [];
  readonly warnings: string[] = [];

  /** Notes what is odd about a row that was taken in. */
  note(rowId: bigint, { event, flag, warning }: QueuedEvent): void {
    if (flag !== null) {
      this.counts.flagged += 1;
      if (this.flags.length < LISTED)
        this.flags.push({ row_id: String(rowId), event_id: event.eventId, reason: flag });
    }
    if (warning !== null) this.warn(`row ${rowId} (${shown(event.eventId)}): ${warning}`);
  }

  warn(warning: string): void {
    if (this.warnings.length < LISTED) this.warnings.push(warning);
  }
}
