import type { Permission } from '../../dispatch/ports.js';
import { type OriginColumns, originFields } from '../../ledger/origins.js';
import type { JournalDatabase } from '../journal-database.js';
import { TODO_LANES, UNSENT_LANES } from './claim.sql.js';
import { pages } from './pass-lanes.js';

/** What a drain of one target would find to do. */
export interface WorkDue {
  /** Events that are permitted and were never attempted. */
  readonly hasUnsent: boolean;
  /** When the first permitted retry is due, in epoch milliseconds; null when there is none. */
  readonly nextRetryAt: number | null;
  /** Something is in flight: a drain runs now, or one was killed. */
  readonly inFlight: boolean;
}

export const FIRST_DUE = `
  SELECT min((SELECT min(t.due_at) FROM todo t
    WHERE t.target_id = @targetId AND t.origin_id = o.value AND t.company = c.value))
  FROM json_each(@origins) o CROSS JOIN json_each('["any","suspect","alone"]') c`;

const IN_FLIGHT = 'SELECT 1 FROM flight WHERE target_id = ?';

/**
 * Reads indexes only, in pages of origins with a turn of the event loop after
 * each. Whoever asks again before anything has changed gets what was found.
 */
export async function workDue(
  db: JournalDatabase,
  targetId: number,
  heldBy: Permission,
): Promise<WorkDue> {
  const version = db.version();
  const known = LAST.get(db)?.get(targetId);
  if (known?.version === version && known.heldBy === heldBy) return known.work;
  const work = {
    hasUnsent: await hasUnsent(db, targetId, heldBy),
    nextRetryAt: await firstDue(db, targetId, heldBy),
    inFlight: db.statement(IN_FLIGHT).get(targetId) !== undefined,
  };
  const found = LAST.get(db) ?? new Map<number, Found>();
  LAST.set(db, found.set(targetId, { version, heldBy, work }));
  return work;
}

interface Found {
  readonly version: string;
  readonly heldBy: Permission;
  readonly work: WorkDue;
}

/** What was found last, by target. */
const LAST = new WeakMap<JournalDatabase, Map<number, Found>>();

async function hasUnsent(
  db: JournalDatabase,
  targetId: number,
  heldBy: Permission,
): Promise<boolean> {
  type Lane = OriginColumns & { readonly firstUnsent: number | null };
  const given = { targetId, head: Number.MAX_SAFE_INTEGER };
  for await (const page of pages<Lane>(db, UNSENT_LANES, given))
    if (page.some((lane) => lane.firstUnsent !== null && heldBy(originFields(lane)) === null))
      return true;
  return false;
}

async function firstDue(
  db: JournalDatabase,
  targetId: number,
  heldBy: Permission,
): Promise<number | null> {
  let first: number | null = null;
  for await (const page of pages<OriginColumns>(db, TODO_LANES, { targetId })) {
    const permitted = page.filter((lane) => heldBy(originFields(lane)) === null);
    const origins = JSON.stringify(permitted.map(({ originId }) => originId));
    const due = db.statement<object, number | null>(FIRST_DUE).pluck().get({ targetId, origins });
    if (typeof due === 'number') first = Math.min(first ?? due, due);
  }
  return first;
}
