import type { BatchIsolation, ClaimRequest, OriginFields, Pass } from '../../dispatch/ports.js';
import { type LaneEvent, mergeLanes } from '../../ledger/lane-merge.js';
import { type OriginColumns, originFields } from '../../ledger/origins.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './claim.sql.js';
import { type PassLanes, retriesOf } from './pass-lanes.js';

/** What was selected, in journal order, before it is cut to the bytes of one request. */
export interface Selection {
  readonly isolation: BatchIsolation;
  readonly events: readonly SelectedEvent[];
}

export interface SelectedEvent extends LaneEvent {
  /** True when it was never attempted at this target: its lane's cursor moves over it. */
  readonly first: boolean;
}

/** The origins of a selection, by id. */
export type Origins = ReadonlyMap<number, OriginFields>;

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

/** The origins of these events. */
export function originsOf(db: JournalDatabase, events: readonly LaneEvent[]): Origins {
  const ids = JSON.stringify([...new Set(events.map(({ originId }) => originId))]);
  const rows = db.statement(sql.ORIGINS_BY_ID).all(ids) as OriginColumns[];
  return new Map(rows.map((row) => [row.originId, originFields(row)]));
}

/** Each lane that takes part is read from its cursor on, so that nothing is ever passed over. */
function unattempted(
  db: JournalDatabase,
  pass: Pass,
  lanes: PassLanes,
  count: number,
): SelectedEvent[] {
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
  return lanes.take(merged).map(({ seq, originId }) => ({ seq, originId, first: true }));
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

/**
 * Half the batch for each kind while both have enough, so that neither a
 * stream of new events nor a heap of failing ones keeps the other waiting;
 * in a batch of one, a new event goes first.
 */
function mix(firsts: SelectedEvent[], retries: SelectedEvent[], count: number): SelectedEvent[] {
  if (retries.length === 0) return firsts;
  const share = Math.max(Math.floor(count / 2), count - firsts.length);
  const chosenRetries = retries.slice(0, share);
  const chosenFirsts = firsts.slice(0, count - chosenRetries.length);
  return [...chosenFirsts, ...chosenRetries].sort(bySeq);
}

function bySeq(a: LaneEvent, b: LaneEvent): number {
  return a.seq - b.seq;
}
