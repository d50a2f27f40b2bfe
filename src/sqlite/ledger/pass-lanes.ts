import { turn } from '../../base/pace.js';
import type { ClaimRequest, Pass } from '../../dispatch/ports.js';
import type { OriginColumns } from '../../ledger/origins.js';
import {
  ISOLATIONS,
  PassLanes,
  retriesWanted,
  retryParameters,
  type UnsentLane,
} from '../../ledger/pass-lanes.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';

/** Origins read at a time: some milliseconds, then the event loop gets its turn. */
const PAGE = 500;

/** What finds the retries of one lane and isolation. */
const RETRIES = { due: sql.DUE_TODO, untried: sql.UNTRIED_TODO, pending: sql.PENDING_TODO };

/** Which retries a request asks for. */
export function retriesOf(pass: Pass, request: ClaimRequest) {
  return {
    statement: RETRIES[retriesWanted(request)],
    parameters: retryParameters(pass, request),
  };
}

/** Reads every origin, in pages with a turn of the event loop after each. */
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
    addRetries(db, lanes, pass, request, page);
  return lanes;
}

function addRetries(
  db: JournalDatabase,
  lanes: PassLanes,
  pass: Pass,
  request: ClaimRequest,
  page: readonly OriginColumns[],
): void {
  const { statement, parameters } = retriesOf(pass, request);
  const one = { ...parameters, offset: 0, limit: 1 };
  const find = db.statement(statement);
  db.read(() => {
    for (const lane of page.filter((each) => lanes.mayLeave(each)))
      for (const isolation of ISOLATIONS) {
        const { originId } = lane;
        if (find.get({ ...one, originId, company: isolation }) !== undefined)
          lanes.addRetries(isolation, lane);
      }
  });
}

/** Pages of origins, each from a snapshot of its own. */
export async function* pages<T extends OriginColumns>(
  db: JournalDatabase,
  statement: string,
  given: object,
): AsyncGenerator<readonly T[]> {
  for (let after = -1; ; ) {
    const values = { ...given, after, page: PAGE };
    const rows = db.read(() => db.statement(statement).all(values) as T[]);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.originId;
    await turn();
  }
}
