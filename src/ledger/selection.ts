import type { ClaimRequest, Company, OriginFields, Pass } from '../dispatch/ports.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import * as sql from './claim.sql.js';
import { type LaneEvent, type LaneHead, mergeLanes } from './lane-merge.js';

/** What was selected, in journal order, before it is cut to the bytes of one request. */
export interface Selection {
  readonly company: Company;
  readonly events: readonly SelectedEvent[];
  readonly origins: Origins;
}

export interface SelectedEvent extends LaneEvent {
  /** True when it was never attempted at this target: its lane's cursor moves over it. */
  readonly first: boolean;
}

/** The origins of a selection, by id. */
export type Origins = ReadonlyMap<number, OriginFields>;

interface LaneRow {
  originId: number;
  projectUuid: string;
  repoSlug: string;
  checkout: string;
  firstUnsent: number | null;
  hasTodo: 0 | 1;
}

type TodoRow = LaneEvent;

/** Origin columns use empty text for "none"; everything else uses null. */
export function originFields(row: {
  projectUuid: string;
  repoSlug: string;
  checkout: string;
}): OriginFields {
  return {
    projectUuid: row.projectUuid || null,
    repoSlug: row.repoSlug || null,
    checkout: row.checkout || null,
  };
}

/**
 * What goes next for a target, inside the claim's transaction: unattempted
 * events and retries together, then suspects among themselves, then those
 * that must stand alone. Undefined when the pass has nothing left.
 */
export function select(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
): Selection | undefined {
  const parameters = { targetId: pass.lease.targetId, head: pass.head };
  const origins = new Map<number, OriginFields>();
  const lanes = (db.statement(sql.LANES).all(parameters) as LaneRow[]).filter((lane) => {
    const origin = originFields(lane);
    origins.set(lane.originId, origin);
    return request.heldBy(origin) === null;
  });
  const todoLanes = lanes.filter((lane) => lane.hasTodo === 1);
  const { maxEvents } = request.limits;
  const retries = (company: Company, limit: number): SelectedEvent[] =>
    readTodo(db, pass, request, todoLanes, company, limit);
  const firsts = request.pendingOnly ? [] : unattempted(db, pass, lanes, maxEvents);
  const mixed = mix(firsts, retries('any', maxEvents), maxEvents);
  if (mixed.length > 0) return { company: 'any', events: mixed, origins };
  const suspects = retries('suspect', maxEvents);
  if (suspects.length > 0) return { company: 'suspect', events: suspects.sort(bySeq), origins };
  const alone = retries('alone', 1);
  return alone.length > 0 ? { company: 'alone', events: alone, origins } : undefined;
}

function unattempted(
  db: JournalDatabase,
  pass: Pass,
  lanes: LaneRow[],
  count: number,
): SelectedEvent[] {
  const heads = lanes.flatMap(({ originId, firstUnsent }): LaneHead[] =>
    firstUnsent === null ? [] : [{ originId, first: firstUnsent }],
  );
  const page = db.statement<number[], number>(sql.LANE_PAGE).pluck();
  const merged = mergeLanes(heads, count, (originId, from, limit) =>
    page.all(originId, from, pass.head, pass.lease.targetId, limit),
  );
  return merged.map((event) => ({ ...event, first: true }));
}

/**
 * Up to `limit` retries, those of each lane that have waited longest. Every
 * lane gets an equal share first, and lanes that have more share what is left:
 * so the rows read stay near the limit, however many lanes there are.
 */
function readTodo(
  db: JournalDatabase,
  pass: Pass,
  request: ClaimRequest,
  lanes: readonly LaneRow[],
  company: Company,
  limit: number,
): SelectedEvent[] {
  const statement = db.statement(todoStatement(request));
  const parameters = {
    targetId: pass.lease.targetId,
    passNo: pass.passNo,
    head: pass.head,
    company,
    dueBy: Math.min(pass.startedAt, request.now),
  };
  const share = Math.ceil(limit / Math.max(lanes.length, 1));
  const chosen: TodoRow[] = [];
  const read = (originId: number, offset: number, count: number): number => {
    const rows = statement.all({ ...parameters, originId, offset, limit: count }) as TodoRow[];
    chosen.push(...rows);
    return rows.length;
  };
  const haveMore = lanes.filter(({ originId }) => {
    const wanted = Math.min(share, limit - chosen.length);
    return wanted > 0 && read(originId, 0, wanted) === share;
  });
  for (const { originId } of haveMore) {
    if (chosen.length >= limit) break;
    read(originId, share, limit - chosen.length);
  }
  return chosen.map(({ seq, originId }) => ({ seq, originId, first: false }));
}

function todoStatement({ pendingOnly, ignoreBackoff }: ClaimRequest): string {
  if (pendingOnly) return sql.PENDING_TODO;
  return ignoreBackoff ? sql.UNTRIED_TODO : sql.DUE_TODO;
}

/**
 * Half the batch for each kind while both have enough, so that neither a
 * stream of new events nor a heap of failing ones keeps the other waiting;
 * in a batch of one, a new event goes first.
 */
function mix(firsts: SelectedEvent[], retries: SelectedEvent[], count: number): SelectedEvent[] {
  const share = Math.max(Math.floor(count / 2), count - firsts.length);
  const chosenRetries = retries.slice(0, share);
  const chosenFirsts = firsts.slice(0, count - chosenRetries.length);
  return [...chosenFirsts, ...chosenRetries].sort(bySeq);
}

function bySeq(a: LaneEvent, b: LaneEvent): number {
  return a.seq - b.seq;
}
