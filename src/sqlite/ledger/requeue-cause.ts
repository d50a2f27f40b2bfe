import { causeIs, causeNamed } from '../../ledger/cause-text.js';
import type { CauseCount } from '../../ledger/causes.js';
import { noCounts, type RequeueCounts, type RequeueRequest } from '../../ledger/requeue.js';
import type { JournalDatabase } from '../journal-database.js';
import * as causes from './causes.sql.js';
import * as sql from './requeue.sql.js';
import { deliveriesOf } from './requeue-counts.js';

interface InFlight {
  readonly status: string;
  readonly error: string | null;
  readonly events: number;
}

/**
 * The counts of a retry for one cause, from the counters of causes. Undefined where these cannot
 * tell: some events are counted under no cause, some are live no more, or more is asked for.
 */
export function countsOfCause(
  db: JournalDatabase,
  request: RequeueRequest,
): RequeueCounts | undefined {
  const { kind, targetId, cause, filter } = request;
  const isMore = Object.values(filter).some((part) => part !== undefined);
  if (kind !== 'retry' || cause === undefined || isMore) return undefined;
  return db.read(() => {
    const byStatus = causedBy(db, request, causeNamed(cause));
    if (byStatus === undefined) return undefined;
    const isCause = causeIs(cause);
    const counts = noCounts();
    for (const { status, error, events } of onTheWire(db, targetId)) {
      if (!isCause(error)) continue;
      byStatus.set(status, (byStatus.get(status) ?? 0) - events);
      counts.in_flight += events;
    }
    for (const [status, events] of byStatus) {
      if (events > 0) counts.by_status[status] = events;
      counts.selected += events;
    }
    return counts;
  });
}

/** How many of each status have a cause that is meant; undefined where the counters cannot tell. */
function causedBy(
  db: JournalDatabase,
  request: RequeueRequest,
  isNamed: (cause: string) => boolean,
): Map<string, number> | undefined {
  const byStatus = new Map<string, number>();
  for (const { class: name, status, events } of deliveriesOf(db, request)) {
    if (events === 0) continue;
    const of = { targetId: request.targetId, status };
    const rows = db.statement(causes.CAUSES_OF).all(of) as CauseCount[];
    const caused = rows.filter(({ text }) => text !== '');
    if (name !== 'live' || sumOf(caused) !== events) return undefined;
    byStatus.set(status, sumOf(caused.filter(({ text }) => isNamed(text))));
  }
  return byStatus;
}

const onTheWire = (db: JournalDatabase, targetId: number): InFlight[] =>
  db.statement(sql.ERRORS_IN_FLIGHT).all({ targetId }) as InFlight[];

const sumOf = (rows: readonly CauseCount[]): number =>
  rows.reduce((sum, { events }) => sum + events, 0);
