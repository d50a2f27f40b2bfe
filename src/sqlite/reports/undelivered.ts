import type { Permission } from '../../dispatch/ports.js';
import type { CountedCause } from '../../reports/status-document.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import { type ClassTotals, LedgerReader } from './ledger-reader.js';
import * as sql from './status.sql.js';

/** What a target should have and does not: only redacted, replaced and coalesced events are not owed. */
export interface Undelivered {
  readonly unsent: number;
  readonly held: number;
  readonly pending: number;
  readonly rejected: number;
  readonly transient: number;
  readonly terminal: number;
  /** Only in an archive, and never given to this target. */
  readonly archived: number;
  /** Purged before this target had them. */
  readonly purged: number;
  /** Delivered, and marked to be delivered again. */
  readonly replay: number;
}

/** From counters, as one snapshot has them. Without a target: of any new target, for which all is unsent. */
export function undeliveredAt(
  db: JournalDatabase,
  target: TargetRecord | undefined,
  permission: Permission,
  now: number,
): { readonly undelivered: Undelivered; readonly causes: readonly CountedCause[] } {
  return db.read(() => {
    const classes = db.statement(sql.JOURNAL_TOTALS).all() as ClassTotals[];
    const reader = new LedgerReader(db, classes, { permissionFor: () => permission, now });
    const sum = reader.of(target);
    const row = target === undefined ? undefined : reader.rowOf(target, sum);
    const { unsent, held, pending, rejected, transient, terminal, archived, purged } = sum;
    const replay = row?.replay_marked ?? 0;
    return {
      undelivered: {
        unsent,
        held,
        pending,
        rejected,
        transient,
        terminal,
        archived,
        purged,
        replay,
      },
      causes: row?.causes ?? [],
    };
  });
}

export const isComplete = (undelivered: Undelivered): boolean =>
  Object.values(undelivered).every((events) => events === 0);
