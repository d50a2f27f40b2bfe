import type { Permission } from '../../dispatch/ports.js';
import type { WorkDue } from '../../ledger/delivery-ledger.js';
import { type OriginColumns, originFields } from '../../ledger/origins.js';
import type { JournalDatabase } from '../journal-database.js';
import { TODO_LANES, UNSENT_LANES } from './claim.sql.js';
import { pages } from './pass-lanes.js';

export const FIRST_DUE = `
  SELECT min((SELECT min(t.due_at) FROM todo t
    WHERE t.target_id = @targetId AND t.origin_id = o.value AND t.company = c.value))
  FROM json_each(@origins) o CROSS JOIN json_each('["any","suspect","alone"]') c`;

const IN_FLIGHT = 'SELECT 1 FROM flight WHERE target_id = ?';

/**
 * Reads what is due from indexes only, in pages of origins with a turn of the
 * event loop after each. Returns what it found last while nothing has changed.
 */
export class WorkDueReader {
  readonly #db: JournalDatabase;
  /** What was found last, by target. */
  readonly #last = new Map<number, Found>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async read(targetId: number, heldBy: Permission): Promise<WorkDue> {
    const version = this.#db.version();
    const known = this.#last.get(targetId);
    if (known?.version === version && known.heldBy === heldBy) return known.work;
    const work = {
      hasUnsent: await hasUnsent(this.#db, targetId, heldBy),
      nextRetryAt: await firstDue(this.#db, targetId, heldBy),
      inFlight: this.#db.statement(IN_FLIGHT).get(targetId) !== undefined,
    };
    this.#last.set(targetId, { version, heldBy, work });
    return work;
  }
}

interface Found {
  readonly version: string;
  readonly heldBy: Permission;
  readonly work: WorkDue;
}

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
