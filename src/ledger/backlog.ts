import type { Backlog, DrainBlockedReason, Permission } from '../dispatch/ports.js';
import { type OriginColumns, originFields } from './origins.js';

/** Counters of one origin at one target. */
export interface BacklogRow extends OriginColumns {
  readonly live: number;
  readonly known: number;
  /** Of those that are live and not known, events before the first one the target gets. */
  readonly early: number;
  readonly retryable: number;
}

/** Adds up what waits, from pages of all origins. */
export async function backlogOf(
  pages: AsyncIterable<readonly BacklogRow[]>,
  heldBy: Permission,
): Promise<Backlog> {
  const held: Partial<Record<DrainBlockedReason, number>> = {};
  const heldRetries: Partial<Record<DrainBlockedReason, number>> = {};
  let unsent = 0;
  let excluded = 0;
  let retryable = 0;
  for await (const page of pages)
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
