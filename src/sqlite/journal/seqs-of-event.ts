import type { JournalDatabase } from '../journal-database.js';
import { SEQS_OF } from './event-filter.sql.js';

/** The sequence numbers of every revision of an event; none when the journal never saw it. */
export function seqsOfEvent(db: JournalDatabase, eventId: string): number[] {
  const rows = db.statement<[string], { seq: number }>(SEQS_OF).all(eventId);
  return rows.map((row) => row.seq);
}
