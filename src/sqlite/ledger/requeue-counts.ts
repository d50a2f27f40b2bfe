import { noCounts, type RequeueCounts, type RequeueRequest } from '../../ledger/requeue.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './requeue.sql.js';

/** Deliveries of one class that have one status. */
export interface Counted {
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
export const countsOf = (db: JournalDatabase, request: RequeueRequest): RequeueCounts =>
  db.read(() => freeOf(db, request, deliveriesOf(db, request)));

/** What has a status that the request means, of its origins, whenever it was captured. */
export function deliveriesOf(
  db: JournalDatabase,
  { kind, targetId, filter }: RequeueRequest,
): readonly Counted[] {
  const { type, originIds } = filter;
  const { values } = eventConditions({ type, originIds });
  const hasOrigins = originIds !== undefined;
  const statement = db.statement(
    sql.deliveriesByClass(sql.STATES[kind], type !== undefined, hasOrigins),
  );
  return statement.all({ ...values, targetId }) as Counted[];
}

/** The counts for these deliveries: those on the wire and those that are marked are not selected. */
export function freeOf(
  db: JournalDatabase,
  { kind, targetId, filter }: RequeueRequest,
  deliveries: readonly Counted[],
): RequeueCounts {
  const { sql: conditions, values } = eventConditions(filter);
  const states = sql.STATES[kind];
  const rows = (text: string) => db.statement(text).all({ ...values, targetId }) as Counted[];
  const counts = noCounts();
  for (const { class: name, status, events } of deliveries)
    if (name === 'live') counts.by_status[status] = events;
    else counts.not_live[name] = (counts.not_live[name] ?? 0) + events;
  counts.in_flight = takeFrom(counts, rows(sql.deliveriesInFlight(states, conditions)));
  counts.already_marked = takeFrom(counts, rows(sql.deliveriesMarked(states, conditions)));
  for (const [status, events] of Object.entries(counts.by_status))
    if (events === 0) delete counts.by_status[status];
    else counts.selected += events;
  for (const [name, events] of Object.entries(counts.not_live))
    if (events === 0) delete counts.not_live[name];
  return counts;
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
