import {
  meantBy,
  noCounts,
  pageOf,
  type RequeueCandidate,
  type RequeueCounts,
  type RequeueRequest,
  tally,
} from '../../ledger/requeue.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries } from '../transaction.js';
import * as sql from './requeue.sql.js';
import { deliveriesOf } from './requeue-counts.js';

/** Failed deliveries that are read in one look. */
const FEW = 50_000;

interface Failed extends RequeueCandidate {
  readonly wanted: boolean;
}

/**
 * The counts of a retry where few deliveries failed, whatever it is narrowed by: those are found by
 * what has them tried again, and not among all that were delivered. The counters tell whether all
 * of them were found; undefined where not, and where they are many.
 */
export async function countsOfFailed(
  db: JournalDatabase,
  request: RequeueRequest,
  inFlight: (queries: Queries) => Promise<ReadonlySet<number>>,
): Promise<RequeueCounts | undefined> {
  if (request.kind !== 'retry') return undefined;
  return db.read(async (queries) => {
    const all = await deliveriesOf(queries, { ...request, filter: {} });
    const total = all.reduce((sum, { events }) => sum + events, 0);
    if (total > FEW) return undefined;
    const counts = noCounts();
    if (total === 0) return counts;
    const { sql: conditions, values } = eventConditions(request.filter);
    const isLive = all.every((kind) => kind.class === 'live');
    const statement = sql.failedDeliveries(isLive, conditions);
    const rows = await queries.all<Failed>(statement, { ...values, targetId: request.targetId });
    if (rows.length !== total) return undefined;
    const wanted = rows.filter((row) => row.wanted);
    tally(counts, pageOf(wanted, await inFlight(queries), meantBy(request)));
    return counts;
  });
}
