import type { Permission } from '../dispatch/ports.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import { originFields } from './selection.js';
import { isWithheld } from './withheld.sql.js';

/** What a drain of one target would find to do. */
export interface WorkDue {
  /** Events that are permitted and were never attempted. */
  readonly hasUnsent: boolean;
  /** When the first permitted retry is due, in epoch milliseconds; null when there is none. */
  readonly nextRetryAt: number | null;
  /** Something is in flight: a drain runs now, or one was killed. */
  readonly inFlight: boolean;
}

const BY_ORIGIN = `
  SELECT o.project_uuid AS projectUuid, o.repo_slug AS repoSlug, o.checkout,
    EXISTS (SELECT 1 FROM live v WHERE v.origin_id = o.id
      AND v.seq > COALESCE(l.cursor, 0) AND NOT ${isWithheld('@targetId')}) AS hasUnsent,
    (SELECT min(due_at) FROM todo t WHERE t.target_id = @targetId AND t.origin_id = o.id
      AND t.company = 'any') AS anyAt,
    (SELECT min(due_at) FROM todo t WHERE t.target_id = @targetId AND t.origin_id = o.id
      AND t.company = 'suspect') AS suspectAt,
    (SELECT min(due_at) FROM todo t WHERE t.target_id = @targetId AND t.origin_id = o.id
      AND t.company = 'alone') AS aloneAt
  FROM origin o LEFT JOIN lane l ON l.target_id = @targetId AND l.origin_id = o.id`;

const IN_FLIGHT = 'SELECT 1 FROM flight WHERE target_id = ?';

interface OriginRow {
  projectUuid: string;
  repoSlug: string;
  checkout: string;
  hasUnsent: 0 | 1;
  anyAt: number | null;
  suspectAt: number | null;
  aloneAt: number | null;
}

/** Reads indexes only: costs as much as there are origins, whatever the journal holds. */
export function workDue(db: JournalDatabase, targetId: number, heldBy: Permission): WorkDue {
  return db.read(() => {
    const rows = db.statement(BY_ORIGIN).all({ targetId }) as OriginRow[];
    const permitted = rows.filter((row) => heldBy(originFields(row)) === null);
    const dues = permitted
      .flatMap(({ anyAt, suspectAt, aloneAt }) => [anyAt, suspectAt, aloneAt])
      .filter((at) => at !== null);
    return {
      hasUnsent: permitted.some(({ hasUnsent }) => hasUnsent === 1),
      nextRetryAt: dues.length === 0 ? null : Math.min(...dues),
      inFlight: db.statement(IN_FLIGHT).get(targetId) !== undefined,
    };
  });
}
