import type { Backlog, DrainBlockedReason, Permission } from '../../dispatch/ports.js';
import { type OriginColumns, originFields } from '../../ledger/origins.js';
import type { JournalDatabase } from '../journal-database.js';
import { BACKLOG } from './pass.sql.js';
import { pages } from './pass-lanes.js';

/** Counts what waits for a target, from counters; `newStart`: the first event it is about to get, null as it is stored. */
export async function countBacklog(
  db: JournalDatabase,
  targetId: number,
  heldBy: Permission,
  newStart: number | null,
): Promise<Backlog> {
  const held: Partial<Record<DrainBlockedReason, number>> = {};
  const heldRetries: Partial<Record<DrainBlockedReason, number>> = {};
  let unsent = 0;
  let excluded = 0;
  let retryable = 0;
  const given = { targetId, newStart };
  for await (const page of pages<BacklogRow>(db, BACKLOG, given))
    for (const row of page) {
      const reason = heldBy(originFields(row));
      const never = row.live - row.known;
      const early = reason === 'excluded' ? never : row.early;
      excluded += early;
      if (reason === null) {
        unsent += never - early;
        retryable += row.retryable;
      } else if (reason !== 'excluded') {
        addTo(held, reason, never - early);
        addTo(heldRetries, reason, row.retryable);
      }
    }
  return { unsent, held, excluded, heldRetries, retryable };
}

function addTo(
  counts: Partial<Record<DrainBlockedReason, number>>,
  reason: DrainBlockedReason,
  events: number,
): void {
  if (events > 0) counts[reason] = (counts[reason] ?? 0) + events;
}

interface BacklogRow extends OriginColumns {
  live: number;
  known: number;
  /** Of those that are live and not known, events before the first one the target gets. */
  early: number;
  retryable: number;
}
