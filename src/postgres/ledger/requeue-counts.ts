import type { RequeueCounts, RequeueRequest } from '../../ledger/requeue.js';
import { type Counted, type CountedDeliveries, countsFrom } from '../../ledger/requeue-counts.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries } from '../transaction.js';
import * as sql from './requeue.sql.js';

/**
 * The same numbers as those of a search through the deliveries, from the counters
 * of the ledger and what is in flight or marked: a plan for a million deliveries
 * costs no more than one for ten.
 */
export const countsOf = (db: JournalDatabase, request: RequeueRequest): Promise<RequeueCounts> =>
  db.read(async (queries) =>
    countsFrom({
      all: await deliveriesOf(queries, request),
      ...(await notFreeOf(queries, request)),
    }),
  );

/** What a requeue leaves alone for now. */
export async function notFreeOf(
  queries: Queries,
  { kind, targetId, filter }: RequeueRequest,
): Promise<Pick<CountedDeliveries, 'inFlight' | 'marked'>> {
  const { sql: conditions, values } = eventConditions(filter);
  const states = sql.STATES[kind];
  const rows = (text: string) => queries.all<Counted>(text, { ...values, targetId });
  return {
    inFlight: await rows(sql.deliveriesInFlight(states, conditions)),
    marked: await rows(sql.deliveriesMarked(states, conditions)),
  };
}

/** What has a status that the request means, of its origins, whenever it was captured. */
export function deliveriesOf(
  queries: Queries,
  { kind, targetId, filter: { type, originIds } }: RequeueRequest,
): Promise<Counted[]> {
  const { values } = eventConditions({ type, originIds });
  const hasOrigins = originIds !== undefined;
  const text = sql.deliveriesByClass(sql.STATES[kind], type !== undefined, hasOrigins);
  return queries.all<Counted>(text, { ...values, targetId });
}
