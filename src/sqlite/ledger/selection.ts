import type { BatchIsolation, ClaimRequest, Pass } from '../../dispatch/ports.js';
import { type LaneEvent, mergeLanes } from '../../ledger/lane-merge.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import { bySeq, mix, type SelectedEvent, type Selection } from '../../ledger/selection.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';
import { retriesOf } from './pass-lanes.js';

/**
 * What goes next for a target, inside the claim's transaction: unattempted
 * events and retries together, then suspects among themselves, then those
 * that must stand alone. Undefined when the pass has nothing left.
 */
export function select(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  lanes: PassLanes,
): Selection | undefined {
  const { maxEvents } = request.limits;
  const retries = (isolation: BatchIsolation, limit: number): SelectedEvent[] =>
    readTodo(db, pass, request, { lanes: lanes.retries(isolation), isolation, limit });
  const firsts = unattempted(db, pass, lanes, maxEvents);
  const mixed = mix(firsts, retries('any', maxEvents), maxEvents);
  if (mixed.length > 0) return { isolation: 'any', events: mixed };
  const suspects = retries('suspect', maxEvents);
  if (suspects.length > 0) return { isolation: 'suspect', events: suspects.sort(bySeq) };
  const alone = retries('alone', 1);
  return alone.length > 0 ? { isolation: 'alone', events: alone } : undefined;
}

/** Each lane that takes part is read from its cursor on, so that nothing is ever passed over. */
function unattempted(
  db: JournalDatabase,
  pass: Pass,
  lanes: PassLanes,
  count: number,
): readonly SelectedEvent[] {
  const { targetId } = pass.lease;
  const isOpen = db.statement(sql.HAS_WITHHELD).get(targetId) === undefined;
  const start = db.statement<object, number>(isOpen ? sql.OPEN_LANE_START : sql.LANE_START).pluck();
  const page = db.statement<object, number>(isOpen ? sql.OPEN_LANE_PAGE : sql.LANE_PAGE).pluck();
  const given = { targetId, head: pass.head };
  const merged = mergeLanes(lanes.unsent, count, (originId, after, limit) =>
    after === undefined
      ? start.all({ ...given, originId, limit })
      : page.all({ ...given, originId, after, limit }),
  );
  return lanes.take(merged);
}

interface Wanted {
  readonly lanes: Set<number>;
  readonly isolation: BatchIsolation;
  readonly limit: number;
}

/**
 * Up to `limit` retries, those of each lane that have waited longest. Every
 * lane gets an equal share first, and lanes that have more share what is left:
 * so the rows read stay near the limit, however many lanes there are. A lane
 * without any is not asked again in this pass.
 */
function readTodo(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  { lanes, isolation, limit }: Wanted,
): SelectedEvent[] {
  const { statement, parameters } = retriesOf(pass, request);
  const rows = db.statement<object, LaneEvent>(statement);
  const share = Math.ceil(limit / Math.max(lanes.size, 1));
  const chosen: LaneEvent[] = [];
  const read = (originId: number, offset: number, count: number): number => {
    const found = rows.all({ ...parameters, company: isolation, originId, offset, limit: count });
    for (const event of found) chosen.push(event);
    return found.length;
  };
  const haveMore: number[] = [];
  for (const originId of lanes) {
    const wanted = Math.min(share, limit - chosen.length);
    if (wanted <= 0) break;
    const found = read(originId, 0, wanted);
    if (found === 0) lanes.delete(originId);
    if (found === share) haveMore.push(originId);
  }
  for (const originId of haveMore) {
    if (chosen.length >= limit) break;
    read(originId, share, limit - chosen.length);
  }
  return chosen.map(({ seq, originId }) => ({ seq, originId, first: false }));
}
