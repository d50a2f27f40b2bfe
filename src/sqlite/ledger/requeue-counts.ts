import { noCounts, type RequeueCounts, type RequeueRequest } from '../../ledger/requeue.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './requeue.sql.js';

interface Counted {
  readonly class: string;
  readonly status: string;
  readonly events: number;
}

/** True where the counters of the ledger know all that the request depends on: the target, the kind, origins. */
export const isCounted = ({ cause, filter }: RequeueRequest): boolean =>
  [cause, filter.seqs, filter.since, filter.until].every((part) => part === undefined);

/**
 * The same numbers as those of a search through the deliveries, from the counters
 * of the ledger and what is in flight or marked: a plan for a million deliveries
 * costs no more than one for ten.
 */
export function countsOf(db: JournalDatabase, request: RequeueRequest): RequeueCounts {
  const { kind, targetId, filter } = request;
  const { type, originIds } = filter;
  const ofOrigin = sql.ofOrigins(type !== undefined, originIds !== undefined);
  const values = {
    targetId,
    ...(type === undefined ? {} : { type }),
    ...(originIds === undefined ? {} : { originIds: JSON.stringify(originIds) }),
  };
  const states = kind === 'retry' ? sql.RETRIABLE : sql.REPLAYABLE;
  const rows = (text: string) => db.statement(text).all(values) as Counted[];
  return db.read(() => {
    const counts = noCounts();
    for (const row of rows(sql.deliveriesByClass(states, ofOrigin)))
      if (row.class === 'live') counts.by_status[row.status] = row.events;
      else counts.not_live[row.class] = (counts.not_live[row.class] ?? 0) + row.events;
    counts.in_flight = takeFrom(counts, rows(sql.deliveriesInFlight(states, ofOrigin)));
    counts.already_marked = takeFrom(counts, rows(sql.deliveriesMarked(states, ofOrigin)));
    for (const [status, events] of Object.entries(counts.by_status))
      if (events === 0) delete counts.by_status[status];
      else counts.selected += events;
    for (const [name, events] of Object.entries(counts.not_live))
      if (events === 0) delete counts.not_live[name];
    return counts;
  });
}

/** Takes these off what is selected; returns how many they are. */
function takeFrom(counts: RequeueCounts, rows: readonly Counted[]): number {
  let taken = 0;
  for (const { status, events } of rows) {
    counts.by_status[status] = (counts.by_status[status] ?? 0) - events;
    taken += events;
  }
  return taken;
}
