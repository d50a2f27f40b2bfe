import type { RequeueCounts, RequeueRequest } from '../../ledger/requeue.js';
import { type Counted, countsFrom } from '../../ledger/requeue-counts.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './requeue.sql.js';

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
  return countsFrom({
    all: deliveries,
    inFlight: rows(sql.deliveriesInFlight(states, conditions)),
    marked: rows(sql.deliveriesMarked(states, conditions)),
  });
}
