import type { JournalDatabase } from '../storage/journal-database.js';
import * as sql from './retention.sql.js';

/** Events that a target never got, and cannot get as things are. */
export interface OutOfReach {
  /** `redrain restore ARCHIVE --yes` brings them back, and the target then gets them. */
  readonly archived: number;
  /** Nothing brings these back. */
  readonly purged: number;
}

/**
 * Counts them from counters, whatever the size of the journal: O(origins). A
 * target without a row (0) has nothing yet. Redacted events are nobody's.
 */
export function outOfReach(db: JournalDatabase, targetId: number): OutOfReach {
  return db.read((raw) => {
    const rows = raw.prepare(sql.OUT_OF_REACH).all({ targetId }) as {
      class: keyof OutOfReach;
      events: number;
    }[];
    return {
      archived: 0,
      purged: 0,
      ...Object.fromEntries(rows.map((row) => [row.class, row.events])),
    };
  });
}
