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
import * as sql from './requeue.sql.js';
import { deliveriesOf } from './requeue-counts.js';

/** Failed deliveries that are read in one look. */
const FEW = 50_000;

interface Failed extends RequeueCandidate {
  readonly wanted: 0 | 1;
}

/**
 * The counts of a retry where few deliveries failed, whatever it is narrowed by: those are found by
 * what has them tried again, and not among all that were delivered. The counters tell whether all
 * of them were found; undefined where not, and where they are many.
 */
export function countsOfFailed(
  db: JournalDatabase,
  request: RequeueRequest,
  inFlight: () => ReadonlySet<number>,
): RequeueCounts | undefined {
  if (request.kind !== 'retry') return undefined;
  return db.read(() => {
    const all = deliveriesOf(db, { ...request, filter: {} }).filter(({ events }) => events > 0);
    const total = all.reduce((sum, { events }) => sum + events, 0);
    if (total > FEW) return undefined;
    const counts = noCounts();
    if (total === 0) return counts;
    const { sql: conditions, values } = eventConditions(request.filter);
    const isLive = all.every((kind) => kind.class === 'live');
    const statement = db.statement(sql.failedDeliveries(isLive, conditions));
    const rows = statement.all({ ...values, targetId: request.targetId }) as Failed[];
    if (rows.length !== total) return undefined;
    const wanted = rows.filter((row) => row.wanted === 1);
    tally(counts, pageOf(wanted, inFlight(), meantBy(request)));
    return counts;
  });
}
