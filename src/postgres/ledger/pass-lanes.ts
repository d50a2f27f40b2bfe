import { turn } from '../../base/pace.js';
import type { BatchIsolation, ClaimRequest, Pass } from '../../dispatch/ports.js';
import type { LaneEvent } from '../../ledger/lane-merge.js';
import type { OriginColumns } from '../../ledger/origins.js';
import {
  ISOLATIONS,
  PassLanes,
  retriesWanted,
  retryParameters,
  type UnsentLane,
} from '../../ledger/pass-lanes.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries } from '../transaction.js';
import * as sql from './claim.sql.js';

/** Origins read at a time. */
const PAGE = 500;

/** What finds retries of some lanes. */
const RETRIES = { due: sql.DUE_TODO, untried: sql.UNTRIED_TODO, pending: sql.PENDING_TODO };

/** Retries of these lanes and one isolation that a request asks for: so many of each, after so many. */
export interface RetriesOf {
  readonly originIds: readonly number[];
  readonly company: BatchIsolation;
  readonly limit: number;
  readonly offset: number;
}

/** Lane by lane in the order they are given, what waited longest first. */
export function readRetries(
  queries: Pick<Queries, 'all'>,
  pass: Pass,
  request: ClaimRequest,
  of: RetriesOf,
): Promise<LaneEvent[]> {
  const statement = RETRIES[retriesWanted(request)];
  return queries.all<LaneEvent>(statement, { ...retryParameters(pass, request), ...of });
}

/** Reads every origin, in pages. */
export async function readLanes(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
): Promise<PassLanes> {
  const lanes = new PassLanes(pass, request);
  const { targetId } = pass.lease;
  const given = { targetId, head: pass.head };
  if (request.pendingOnly !== true)
    for await (const page of pages<UnsentLane>(db, sql.UNSENT_LANES, given)) lanes.addUnsent(page);
  for await (const page of pages<OriginColumns>(db, sql.TODO_LANES, { targetId }))
    await addRetries(db, lanes, pass, request, page);
  return lanes;
}

async function addRetries(
  db: JournalDatabase,
  lanes: PassLanes,
  pass: Pass,
  request: ClaimRequest,
  page: readonly OriginColumns[],
): Promise<void> {
  const permitted = new Map(
    page.filter((lane) => lanes.mayLeave(lane)).map((lane) => [lane.originId, lane]),
  );
  if (permitted.size === 0) return;
  const originIds = [...permitted.keys()];
  for (const company of ISOLATIONS) {
    const of = { originIds, company, limit: 1, offset: 0 };
    for (const { originId } of await readRetries(db, pass, request, of))
      lanes.addRetries(company, permitted.get(originId) as OriginColumns);
  }
}

/** Pages of origins, each from a snapshot of its own. */
export async function* pages<T extends OriginColumns>(
  db: JournalDatabase,
  statement: string,
  given: object,
): AsyncGenerator<readonly T[]> {
  for (let after = -1; ; ) {
    const rows = await db.all<T>(statement, { ...given, after, page: PAGE });
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.originId;
    await turn();
  }
}
