import type { Backlog, Permission } from '../../dispatch/ports.js';
import { type BacklogRow, backlogOf } from '../../ledger/backlog.js';
import type { JournalDatabase } from '../journal-database.js';
import { BACKLOG } from './pass.sql.js';
import { pages } from './pass-lanes.js';

/** Counts what waits for a target, from counters; `newStart`: the first event it is about to get, null as it is stored. */
export function countBacklog(
  db: JournalDatabase,
  targetId: number,
  heldBy: Permission,
  newStart: number | null,
): Promise<Backlog> {
  return backlogOf(pages<BacklogRow>(db, BACKLOG, { targetId, newStart }), heldBy);
}
