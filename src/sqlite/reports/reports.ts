import type { DrainBlockedReason, Permission } from '../../dispatch/ports.js';
import type { Spool } from '../../journal/spool.js';
import { currentIdentity, identityRow } from '../../reports/identity-row.js';
import type { UnreadableSection } from '../../reports/or-unreadable.js';
import { orUnreadable } from '../../reports/or-unreadable.js';
import type {
  ConflictSection,
  JournalSection,
  LedgerSection,
  TargetLedger,
  TargetsSection,
  TerminalSection,
} from '../../reports/status-document.js';
import type { TargetBalance } from '../../reports/target-terms.js';
import { gcSuggestion } from '../../retention/gc-suggestion.js';
import type { TargetIdentity } from '../../targets/identity.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import { type ClassTotals, LedgerReader } from './ledger-reader.js';
import * as sql from './status.sql.js';

/** What a report needs to know that no table holds. */
export interface StatusContext {
  readonly targets: readonly TargetRecord[];
  readonly current: TargetRecord | undefined;
  /** What the current target is, also before it has a row. */
  readonly identity: TargetIdentity | undefined;
  /** Who a target may have, by the rules in force. */
  permissionFor(target: TargetRecord | undefined): Permission;
  /** The reason that holds for the active target now. */
  blockedReason(
    heldBy: Readonly<Partial<Record<DrainBlockedReason, number>>>,
  ): DrainBlockedReason | null;
  readonly spool: Spool;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The sections when all of them could be read. */
export interface ReadSections {
  /** The spool, which is a part of it, can be out of reach on its own. */
  readonly event_journal: JournalSection | UnreadableSection;
  readonly delivery_targets: TargetsSection;
  readonly delivery_ledger: LedgerSection;
  readonly migration_conflicts: ConflictSection;
  readonly terminal_failures: TerminalSection;
}

/**
 * The sections of `status` from one snapshot, so that their numbers belong
 * together. Costs O(origins × targets), whatever the size of the journal.
 */
export function readSections(db: JournalDatabase, context: StatusContext): ReadSections {
  return db.read(() => {
    const classes = db.statement(sql.JOURNAL_TOTALS).all() as ClassTotals[];
    const ledgers = new LedgerReader(db, classes, context);
    const perTarget = context.targets.map((target) => ledgers.rowOf(target));
    const row = perTarget.find(isCurrent(context));
    const current = row ?? ledgers.of(undefined);
    const suggestion = gcSuggestion(ledgers.gcFacts(perTarget));
    const marked = row?.replay_marked ?? 0;
    return {
      event_journal: orUnreadable(() => ({
        ...journalTotals(db, classes),
        gc_suggested: suggestion !== null,
        gc_suggestion: suggestion,
        ...journalNow(db, classes, context, current, marked),
      })),
      delivery_targets: targetsSection(context, perTarget),
      delivery_ledger: ledgerSection(context, perTarget),
      migration_conflicts: conflictSection(db),
      terminal_failures: terminalSection(db, perTarget),
    };
  });
}

const eventsOf = (classes: readonly ClassTotals[], name: string): number =>
  classes.find((row) => row.class === name)?.events ?? 0;

function journalTotals(db: JournalDatabase, classes: readonly ClassTotals[]) {
  const oldest = db.statement(sql.OLDEST_RETAINED).get() as { at: number } | undefined;
  return {
    retained_event_count: classes.reduce((sum, row) => sum + row.retained, 0),
    archived_event_count: eventsOf(classes, 'archived'),
    oldest_retained_event_at: oldest === undefined ? null : new Date(oldest.at).toISOString(),
    journal_size_bytes: classes.reduce((sum, row) => sum + row.bytes, 0),
  };
}

function journalNow(
  db: JournalDatabase,
  classes: readonly ClassTotals[],
  { blockedReason, spool }: StatusContext,
  current: TargetBalance,
  replayMarked: number,
) {
  const { unsent, held, pending, rejected, transient } = current;
  const waiting = unsent + held + pending + rejected + transient + replayMarked;
  return {
    drain_blocked: { reason: blockedReason(current.held_by), waiting },
    spool: { ...spool.waiting(), torn_files: spool.tornFiles().length },
    held: current.held_by,
    coalesced: eventsOf(classes, 'coalesced'),
    redacted: eventsOf(classes, 'redacted'),
    discarded: (db.statement(sql.DISCARDED).get() as { events: number }).events,
  };
}

const isCurrent = (context: StatusContext) => (row: TargetLedger) =>
  row.target_id === context.current?.id;

function targetsSection(
  context: StatusContext,
  perTarget: readonly TargetLedger[],
): TargetsSection {
  const delivered = new Map(perTarget.map((row) => [row.target_id, row.delivered]));
  const previous = context.targets
    .filter((target) => target.id !== context.current?.id)
    .map((target) => ({ ...identityRow(target), delivered_count: delivered.get(target.id) ?? 0 }))
    .filter((row) => row.delivered_count > 0);
  return { current: currentIdentity(context.current, context.identity), previous };
}

function ledgerSection(context: StatusContext, perTarget: readonly TargetLedger[]): LedgerSection {
  const total = (term: 'delivered' | 'pending' | 'rejected' | 'transient', rows = perTarget) =>
    rows.reduce((sum, row) => sum + row[term], 0);
  const ofCurrent = isCurrent(context);
  return {
    delivered_current_target: total('delivered', perTarget.filter(ofCurrent)),
    delivered_previous_target: total(
      'delivered',
      perTarget.filter((row) => !ofCurrent(row)),
    ),
    pending: total('pending'),
    rejected: total('rejected'),
    transient: total('transient'),
    per_target: perTarget,
  };
}

function terminalSection(db: JournalDatabase, perTarget: readonly TargetLedger[]): TerminalSection {
  const count = perTarget.reduce((sum, row) => sum + row.terminal, 0);
  const events = count === 0 ? [] : db.statement(sql.TERMINAL).all();
  return { count, events: events as TerminalSection['events'] };
}

function conflictSection(db: JournalDatabase): ConflictSection {
  const { count } = db.statement(sql.OPEN_CONFLICTS).get() as { count: number };
  const rows = db.statement(sql.CONFLICTS).all() as (Omit<
    ConflictSection['conflicts'][number],
    'detail'
  > & { found_by: string })[];
  const conflicts = rows.map(({ found_by, ...row }) => ({
    ...row,
    detail: `another content for this id, found by ${found_by}; both are kept`,
  }));
  return { count, cleanup_blocked: count > 0, conflicts };
}
