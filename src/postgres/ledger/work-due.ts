import type { Permission } from '../../dispatch/ports.js';
import type { WorkDue } from '../../ledger/delivery-ledger.js';
import { type OriginColumns, originFields } from '../../ledger/origins.js';
import type { UnsentLane } from '../../ledger/pass-lanes.js';
import type { JournalDatabase } from '../journal-database.js';
import { TODO_LANES, UNSENT_LANES } from './claim.sql.js';
import { pages } from './pass-lanes.js';
import { FIND_FLIGHT } from './settle.sql.js';

const FIRST_DUE = `
  SELECT min((SELECT min(t.due_at) FROM todo t
    WHERE t.target_id = @targetId::bigint AND t.origin_id = o.id AND t.company = c.company)) AS due
  FROM unnest(@originIds::bigint[]) AS o (id)
  CROSS JOIN unnest(ARRAY['any', 'suspect', 'alone']) AS c (company)`;

/**
 * Reads what is due from indexes only, in pages of origins. Returns what it
 * found last while nothing has changed.
 */
export class WorkDueReader {
  readonly #db: JournalDatabase;
  /** What was found last, by target. */
  readonly #last = new Map<number, Found>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async read(targetId: number, heldBy: Permission): Promise<WorkDue> {
    const version = await this.#db.version();
    const known = this.#last.get(targetId);
    if (known?.version === version && known.heldBy === heldBy) return known.work;
    const work = {
      hasUnsent: await hasUnsent(this.#db, targetId, heldBy),
      nextRetryAt: await firstDue(this.#db, targetId, heldBy),
      inFlight: (await this.#db.get(FIND_FLIGHT, { targetId })) !== undefined,
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
  const given = { targetId, head: Number.MAX_SAFE_INTEGER };
  for await (const page of pages<UnsentLane>(db, UNSENT_LANES, given))
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
    const originIds = permitted.map(({ originId }) => originId);
    const found = await db.get<{ due: number | null }>(FIRST_DUE, { targetId, originIds });
    if (typeof found?.due === 'number') first = Math.min(first ?? found.due, found.due);
  }
  return first;
}
