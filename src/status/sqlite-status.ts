import type { DrainBlockedReason, Permission } from '../dispatch/ports.js';
import type { Spool } from '../journal/spool.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import type { TargetRecord } from '../targets/registry.js';
import { circuitState } from './circuit-state.js';
import * as sql from './status.sql.js';
import type {
  ConflictSection,
  JournalSection,
  LedgerSection,
  TargetIdentityRow,
  TargetLedger,
  TargetsSection,
  TerminalSection,
} from './status-document.js';
import { balance, type LedgerRow, type OriginRow, type TargetBalance } from './target-terms.js';

interface ClassTotals {
  readonly class: string;
  readonly events: number;
  readonly retained: number;
  readonly bytes: number;
}

/** What a report needs to know that no table holds. */
export interface StatusContext {
  readonly targets: readonly TargetRecord[];
  readonly current: TargetRecord | undefined;
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

export interface StatusSections {
  readonly event_journal: JournalSection;
  readonly delivery_targets: TargetsSection;
  readonly delivery_ledger: LedgerSection;
  readonly terminal_failures: TerminalSection;
  readonly migration_conflicts: ConflictSection;
}

/**
 * The sections of `status` from one snapshot, so that their numbers belong
 * together. Costs O(origins × targets), whatever the size of the journal.
 */
export function readSections(db: JournalDatabase, context: StatusContext): StatusSections {
  return db.read(() => {
    const classes = db.statement(sql.JOURNAL_TOTALS).all() as ClassTotals[];
    const ledgers = new LedgerReader(db, classes, context);
    const current = ledgers.of(context.current);
    const perTarget = context.targets.map((target) => ledgers.rowOf(target));
    return {
      event_journal: journalSection(db, classes, context, current),
      delivery_targets: targetsSection(context, perTarget),
      delivery_ledger: ledgerSection(context, perTarget),
      terminal_failures: terminalSection(db, perTarget),
      migration_conflicts: conflictSection(db),
    };
  });
}

class LedgerReader {
  readonly #db: JournalDatabase;
  readonly #context: StatusContext;
  readonly #eventsEver: number;
  readonly #eventsByClass: ReadonlyMap<string, number>;
  readonly #rows: LedgerRow[];

  constructor(db: JournalDatabase, classes: readonly ClassTotals[], context: StatusContext) {
    this.#db = db;
    this.#context = context;
    this.#eventsEver = (db.statement(sql.EVENTS_EVER).get() as { events: number }).events;
    this.#eventsByClass = new Map(classes.map((row) => [row.class, row.events]));
    this.#rows = db.statement(sql.LEDGER_TOTALS).all() as LedgerRow[];
  }

  /** The sum of one target; of a target that was never drained, when there is none yet. */
  of(target: TargetRecord | undefined): TargetBalance {
    const targetId = target?.id ?? 0;
    const origins = this.#db.statement(sql.ORIGINS).all({ targetId }) as OriginRow[];
    const rows = this.#rows.filter((row) => row.targetId === targetId);
    const permission = this.#context.permissionFor(target);
    return balance(this.#eventsEver, this.#eventsByClass, rows, origins, permission);
  }

  rowOf(target: TargetRecord): TargetLedger {
    return {
      target_id: target.id,
      canonical_url: target.canonicalUrl,
      retired: target.retiredAt !== null,
      ...this.of(target),
      circuit: circuitState(target, this.#context.now),
    };
  }
}

function journalSection(
  db: JournalDatabase,
  classes: readonly ClassTotals[],
  context: StatusContext,
  current: TargetBalance,
): JournalSection {
  const eventsOf = (name: string) => classes.find((row) => row.class === name)?.events ?? 0;
  const oldest = db.statement(sql.OLDEST_RETAINED).get() as { at: number } | undefined;
  const waiting =
    current.unsent + current.held + current.pending + current.rejected + current.transient;
  return {
    retained_event_count: classes.reduce((sum, row) => sum + row.retained, 0),
    archived_event_count: eventsOf('archived'),
    oldest_retained_event_at: oldest === undefined ? null : new Date(oldest.at).toISOString(),
    journal_size_bytes: classes.reduce((sum, row) => sum + row.bytes, 0),
    drain_blocked: { reason: context.blockedReason(current.held_by), waiting },
    spool: { ...context.spool.waiting(), torn_files: context.spool.tornFiles().length },
    held: current.held_by,
    coalesced: eventsOf('coalesced'),
    redacted: eventsOf('redacted'),
    discarded: (db.statement(sql.DISCARDED).get() as { events: number }).events,
  };
}

function targetsSection(
  context: StatusContext,
  perTarget: readonly TargetLedger[],
): TargetsSection {
  const delivered = new Map(perTarget.map((row) => [row.target_id, row.delivered]));
  const previous = context.targets
    .filter((target) => target.id !== context.current?.id)
    .map((target) => ({ ...identityRow(target), delivered_count: delivered.get(target.id) ?? 0 }))
    .filter((row) => row.delivered_count > 0);
  return { current: identityRow(context.current), previous };
}

function identityRow(target: TargetRecord | undefined): TargetIdentityRow {
  return {
    target_id: target?.id ?? null,
    canonical_url: target?.canonicalUrl ?? null,
    team_slug: target?.teamSlug ?? null,
    user_email: target?.userEmail ?? null,
    label: target?.label ?? null,
    reset_signal: target?.resetSignal ?? null,
  };
}

function ledgerSection(context: StatusContext, perTarget: readonly TargetLedger[]): LedgerSection {
  const total = (term: 'delivered' | 'pending' | 'rejected' | 'transient', rows = perTarget) =>
    rows.reduce((sum, row) => sum + row[term], 0);
  const isCurrent = (row: TargetLedger) => row.target_id === context.current?.id;
  return {
    delivered_current_target: total('delivered', perTarget.filter(isCurrent)),
    delivered_previous_target: total(
      'delivered',
      perTarget.filter((row) => !isCurrent(row)),
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
