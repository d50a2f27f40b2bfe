import type { CauseRow } from '../../reports/causes.js';
import {
  byTarget,
  type CountedTarget,
  type Counts,
  type OfTarget,
  type OpenConflict,
  type TargetCounts,
} from '../../reports/counts.js';
import {
  type ClassTotals,
  type JournalNumbers,
  NO_JOURNAL,
} from '../../reports/journal-section.js';
import type { TargetNumbers } from '../../reports/ledger-section.js';
import { type LedgerRow, type OriginRow, waitingEvents } from '../../reports/target-terms.js';
import type { Queries } from '../transaction.js';
import * as sql from './status.sql.js';

/** The counters of a journal, on one snapshot: a read that fails ends it, and no section comes without the others. */
export async function readCounts(
  queries: Queries,
  wanted: readonly CountedTarget[],
): Promise<Counts> {
  const classes = await queries.all<ClassTotals>(sql.JOURNAL_TOTALS);
  const total = await queries.get<{ events: number }>(sql.EVENTS_EVER);
  const ledger = await queries.all<OfTarget<LedgerRow>>(sql.LEDGER_TOTALS);
  const hasFailed = ledger.some(({ status }) => status === 'terminal_failed');
  return {
    eventsEver: total?.events ?? 0,
    classes,
    targets: await readTargets(queries, wanted, ledger),
    journal: (await queries.get<JournalNumbers>(sql.JOURNAL_NUMBERS)) ?? NO_JOURNAL,
    terminal: hasFailed ? await queries.all<Counts['terminal'][number]>(sql.TERMINAL) : [],
    conflicts: {
      count: (await queries.get<{ count: number }>(sql.OPEN_CONFLICTS))?.count ?? 0,
      newest: await queries.all<OpenConflict>(sql.CONFLICTS),
    },
  };
}

async function readTargets(
  queries: Queries,
  wanted: readonly CountedTarget[],
  ledger: readonly OfTarget<LedgerRow>[],
): Promise<ReadonlyMap<number, TargetCounts>> {
  const rows = byTarget(ledger);
  const causes = byTarget(await queries.all<OfTarget<CauseRow>>(sql.CAUSES));
  const found = new Map<number, TargetCounts>();
  for (const { targetId, permission, newStart = null } of wanted) {
    const numbers = await queries.get<TargetNumbers>(sql.TARGET_NUMBERS, { targetId });
    const origins = await queries.all<OriginRow>(sql.ORIGINS, { targetId, newStart });
    found.set(targetId, {
      ...(numbers as TargetNumbers),
      ledger: rows.get(targetId) ?? [],
      causes: causes.get(targetId) ?? [],
      waiting: waitingEvents(origins, permission),
    });
  }
  return found;
}
