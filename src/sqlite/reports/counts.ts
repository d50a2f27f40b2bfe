import type { CauseRow } from '../../reports/causes.js';
import {
  byTarget,
  type CountedTarget,
  type Counts,
  type OfTarget,
  type OpenConflict,
  type TargetCounts,
} from '../../reports/counts.js';
import type { ClassTotals, JournalNumbers } from '../../reports/journal-section.js';
import type { TargetNumbers } from '../../reports/ledger-section.js';
import { orUnreadable } from '../../reports/or-unreadable.js';
import { type LedgerRow, type OriginRow, waitingEvents } from '../../reports/target-terms.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './status.sql.js';

/** The counters of a journal. Inside a read that the caller holds. */
export function readCounts(db: JournalDatabase, wanted: readonly CountedTarget[]): Counts {
  const classes = db.statement(sql.JOURNAL_TOTALS).all() as ClassTotals[];
  const { events } = db.statement(sql.EVENTS_EVER).get() as { events: number };
  const ledger = db.statement(sql.LEDGER_TOTALS).all() as OfTarget<LedgerRow>[];
  return {
    eventsEver: events,
    classes,
    targets: readTargets(db, wanted, ledger),
    journal: orUnreadable(() => db.statement(sql.JOURNAL_NUMBERS).get() as JournalNumbers),
    terminal: ledger.some(({ status }) => status === 'terminal_failed')
      ? (db.statement(sql.TERMINAL).all() as Counts['terminal'])
      : [],
    conflicts: {
      count: (db.statement(sql.OPEN_CONFLICTS).get() as { count: number }).count,
      newest: db.statement(sql.CONFLICTS).all() as OpenConflict[],
    },
  };
}

function readTargets(
  db: JournalDatabase,
  wanted: readonly CountedTarget[],
  ledger: readonly OfTarget<LedgerRow>[],
): ReadonlyMap<number, TargetCounts> {
  const rows = byTarget(ledger);
  const causes = byTarget(db.statement(sql.CAUSES).all() as OfTarget<CauseRow>[]);
  return new Map(
    wanted.map(({ targetId, permission, newStart = null }) => {
      const numbers = db.statement(sql.TARGET_NUMBERS).get({ targetId }) as TargetNumbers;
      const origins = db.statement(sql.ORIGINS).iterate({ targetId, newStart });
      return [
        targetId,
        {
          ...numbers,
          ledger: rows.get(targetId) ?? [],
          causes: causes.get(targetId) ?? [],
          waiting: waitingEvents(origins as IterableIterator<OriginRow>, permission),
        },
      ];
    }),
  );
}
