import type { BatchIsolation, ClaimRequest, Pass } from '../../dispatch/ports.js';
import {
  countBy,
  type LaneEvent,
  type LaneRead,
  lanePage,
  type Merged,
  type Merging,
  merging,
} from '../../ledger/lane-merge.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import { bySeq, mix, type SelectedEvent, type Selection } from '../../ledger/selection.js';
import type { BinaryRow } from '../copy-out.js';
import type { Queries } from '../transaction.js';
import * as sql from './claim.sql.js';
import { readRetries } from './pass-lanes.js';

/** Lanes whose next events are read at once. */
const LANES_AT_ONCE = 64;

/** The next events of lanes that were never attempted, each from where its lane stands at this moment. */
export type LaneStarts = ReadonlyMap<number, readonly number[]>;

/** Those of the lanes that a selection reads first; none where it reads none. */
export function readStarts(
  queries: Queries,
  pass: Pass,
  { limits }: ClaimRequest,
  { unsent }: PassLanes,
): Promise<LaneStarts> {
  const originIds = unsent.firsts(LANES_AT_ONCE).map(({ originId }) => originId);
  return startsOf(queries, pass, originIds, lanePage(unsent.size, limits.maxEvents));
}

async function startsOf(
  queries: Queries,
  pass: Pass,
  originIds: readonly number[],
  limit: number,
): Promise<LaneStarts> {
  if (originIds.length === 0) return new Map();
  const values = { targetId: pass.lease.targetId, head: pass.head, originIds, limit };
  const read = (row: BinaryRow) => [row.int64(), row.int64s()] as const;
  return new Map(await queries.many(sql.LANE_STARTS, values, read));
}

/**
 * What goes next for a target, inside the claim's transaction: unattempted
 * events and retries together, then suspects among themselves, then those
 * that must stand alone. Undefined when the pass has nothing left.
 */
export async function select(
  queries: Queries,
  pass: Pass,
  request: ClaimRequest,
  lanes: PassLanes,
  starts: LaneStarts,
): Promise<Selection | undefined> {
  const { maxEvents } = request.limits;
  const retries = (isolation: BatchIsolation, limit: number): Promise<SelectedEvent[]> =>
    readTodo(queries, pass, request, { lanes: lanes.retries(isolation), isolation, limit });
  const firsts = await unattempted(new LanePages(queries, pass, lanes, starts), lanes, maxEvents);
  const mixed = mix(firsts, await retries('any', maxEvents), maxEvents);
  if (mixed.length > 0) return { isolation: 'any', events: mixed };
  const suspects = await retries('suspect', maxEvents);
  if (suspects.length > 0) return { isolation: 'suspect', events: suspects.sort(bySeq) };
  const alone = await retries('alone', 1);
  return alone.length > 0 ? { isolation: 'alone', events: alone } : undefined;
}

/** Each lane that takes part is read from its cursor on, so that nothing is ever passed over. */
async function unattempted(
  reader: LanePages,
  lanes: PassLanes,
  count: number,
): Promise<readonly SelectedEvent[]> {
  const merged = await finished(merging(lanes.unsent, count), reader);
  return lanes.take(merged);
}

/** What is read for a merge; it hears of a failure, too. */
async function finished(merge: Merging, reader: LanePages): Promise<Merged> {
  for (let next = merge.next(); ; ) {
    if (next.done === true) return next.value;
    let page: readonly number[];
    try {
      page = await reader.read(next.value);
    } catch (error) {
      next = merge.throw(error);
      continue;
    }
    next = merge.next(page);
  }
}

/** The next events of lanes; those of lanes that may come to take part are read along with the first. */
class LanePages {
  readonly #queries: Queries;
  readonly #pass: Pass;
  readonly #lanes: PassLanes;
  readonly #starts: Map<number, readonly number[]>;

  constructor(queries: Queries, pass: Pass, lanes: PassLanes, starts: LaneStarts) {
    this.#queries = queries;
    this.#pass = pass;
    this.#lanes = lanes;
    this.#starts = new Map(starts);
  }

  async read({ originId, after, limit }: LaneRead): Promise<readonly number[]> {
    if (after !== undefined) {
      const { head, lease } = this.#pass;
      const values = { targetId: lease.targetId, head, originId, after, limit };
      const rows = await this.#queries.all<{ seq: number }>(sql.LANE_PAGE, values);
      return rows.map(({ seq }) => seq);
    }
    if (!this.#starts.has(originId)) await this.#readStarts(originId, limit);
    return this.#starts.get(originId) ?? [];
  }

  async #readStarts(originId: number, limit: number): Promise<void> {
    const others = this.#lanes.unsent.firsts(LANES_AT_ONCE - 1).map((lane) => lane.originId);
    const originIds = [originId, ...others.filter((id) => !this.#starts.has(id))];
    const found = await startsOf(this.#queries, this.#pass, originIds, limit);
    for (const [id, seqs] of found) this.#starts.set(id, seqs);
  }
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
async function readTodo(
  queries: Queries,
  pass: Pass,
  request: ClaimRequest,
  { lanes, isolation: company, limit }: Wanted,
): Promise<SelectedEvent[]> {
  const share = Math.ceil(limit / Math.max(lanes.size, 1));
  const chosen: LaneEvent[] = [];
  const haveMore: number[] = [];
  const left = [...lanes];
  while (left.length > 0 && chosen.length < limit) {
    const originIds = left.splice(0, Math.ceil((limit - chosen.length) / share));
    const of = { originIds, company, limit: share, offset: 0 };
    const found = await readRetries(queries, pass, request, of);
    chosen.push(...found);
    const counts = countBy(found);
    for (const id of originIds) {
      if (!counts.has(id)) lanes.delete(id);
      if (counts.get(id) === share) haveMore.push(id);
    }
  }
  if (haveMore.length > 0 && chosen.length < limit) {
    const of = { originIds: haveMore, company, limit: limit - chosen.length, offset: share };
    chosen.push(...(await readRetries(queries, pass, request, of)));
  }
  return chosen.slice(0, limit).map(({ seq, originId }) => ({ seq, originId, first: false }));
}
