import type { DrainBlockedReason, Permission } from '../dispatch/ports.js';
import { plainMessage } from '../files/trouble.js';
import type { Spool } from '../journal/spool.js';
import { isDelivered } from '../ledger/transition.js';
import { type GcSuggestion, gcSuggestion } from '../retention/gc-suggestion.js';
import type { TargetIdentity } from '../targets/identity.js';
import type { TargetRecord } from '../targets/registry.js';
import { type CountedTarget, type Counts, countsAt, NO_TARGET } from './counts.js';
import { eventsOf, type JournalSection, journalSection, sumOf } from './journal-section.js';
import {
  type LedgerSection,
  ledgerSection,
  type TargetLedger,
  targetLedger,
} from './ledger-section.js';
import { orUnreadable, type UnreadableSection } from './or-unreadable.js';
import { balance } from './target-terms.js';
import { type TargetsSection, targetsSection } from './targets-section.js';

/** The sections of `status` that are read from the journal, each readable on its own. */
export interface StatusSections {
  readonly event_journal: JournalSection | UnreadableSection;
  readonly delivery_targets: TargetsSection | UnreadableSection;
  readonly delivery_ledger: LedgerSection | UnreadableSection;
  readonly migration_conflicts: ConflictSection | UnreadableSection;
  readonly terminal_failures: TerminalSection | UnreadableSection;
}

export interface ConflictSection {
  readonly count: number;
  readonly cleanup_blocked: boolean;
  /** Newest 100. */
  readonly conflicts: readonly {
    readonly event_id: string;
    readonly source_digest: string | null;
    readonly existing_sha: string;
    readonly incoming_sha: string;
    readonly detail: string;
  }[];
  /** Every queue file of an earlier program with rows that are not in the journal yet. */
  readonly waiting_files?: readonly WaitingFile[];
}

export interface WaitingFile {
  readonly path: string;
  readonly waiting_count: number;
}

export interface TerminalSection {
  readonly count: number;
  /** Newest 100. */
  readonly events: readonly {
    readonly event_id: string;
    readonly target_id: number;
    readonly last_error: string | null;
  }[];
}

/** What the sections need to know that no table holds. */
export interface StatusContext {
  /** Every known target, first seen first. */
  readonly targets: readonly TargetRecord[];
  readonly current: TargetRecord | undefined;
  /** What the current target is, also before it has a row. */
  readonly identity: TargetIdentity | undefined;
  /** Which origins a target may have, by the rules in force. */
  permissionFor(target: TargetRecord | undefined): Permission;
  /** Where a target is about to start, if that is not as it is stored. */
  newStartFor(target: TargetRecord | undefined): number | null;
  /** The reason that holds for the active target now. */
  blockedReason(
    heldBy: Readonly<Partial<Record<DrainBlockedReason, number>>>,
  ): DrainBlockedReason | null;
  readonly spool: Spool;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What has to be counted for the sections: every target, and the current one also before its first drain. */
export function countedFor({
  targets,
  current,
  permissionFor,
  newStartFor,
}: StatusContext): CountedTarget[] {
  const known = targets.map((target) => ({
    targetId: target.id,
    permission: permissionFor(target),
    newStart: newStartFor(target),
  }));
  if (current !== undefined) return known;
  return [
    ...known,
    { targetId: NO_TARGET, permission: permissionFor(undefined), newStart: newStartFor(undefined) },
  ];
}

/** The sections from the counts of one snapshot, so that their numbers belong together. */
export function sectionsOf(counts: Counts, context: StatusContext) {
  const { targets, current, identity, now } = context;
  const perTarget = targets.map((target) => targetLedger(counts, target, now));
  return {
    event_journal: orUnreadable(() => journalOf(counts, context, perTarget)),
    delivery_targets: targetsSection(targets, current, identity, perTarget),
    delivery_ledger: ledgerSection(perTarget, current?.id),
    migration_conflicts: conflictSection(counts),
    terminal_failures: terminalSection(counts, perTarget),
  } satisfies StatusSections;
}

/** The same when the journal cannot be read. */
export function unreadableSections(error: unknown): StatusSections {
  const section: UnreadableSection = { error: plainMessage(error) };
  return {
    event_journal: section,
    delivery_targets: section,
    delivery_ledger: section,
    migration_conflicts: section,
    terminal_failures: section,
  };
}

function journalOf(
  counts: Counts,
  { current, blockedReason, spool }: StatusContext,
  perTarget: readonly TargetLedger[],
): JournalSection | UnreadableSection {
  if ('error' in counts.journal) return counts.journal;
  const at = countsAt(counts, current?.id ?? NO_TARGET);
  const { unsent, held, held_by, pending, rejected, transient } = balance(counts, at);
  const waiting = unsent + held + pending + rejected + transient + at.replayMarked;
  return journalSection(counts.journal, counts.classes, {
    suggestion: suggestionOf(counts, perTarget),
    blocked: { reason: blockedReason(held_by), waiting },
    held: held_by,
    spool,
  });
}

function suggestionOf(counts: Counts, perTarget: readonly TargetLedger[]): GcSuggestion | null {
  return gcSuggestion({
    retained: sumOf(counts.classes, 'retained'),
    bytes: sumOf(counts.classes, 'bytes'),
    live: eventsOf(counts.classes, 'live'),
    targets: perTarget.map(({ target_id, retired, replay_marked, excluded }) => ({
      retired,
      delivered: liveDelivered(counts, target_id),
      excluded,
      owes: replay_marked > 0,
    })),
  });
}

function liveDelivered(counts: Counts, targetId: number): number {
  return countsAt(counts, targetId)
    .ledger.filter((row) => row.class === 'live' && isDelivered(row.status))
    .reduce((sum, row) => sum + row.events, 0);
}

function terminalSection(
  { terminal }: Counts,
  perTarget: readonly TargetLedger[],
): TerminalSection {
  const count = perTarget.reduce((sum, row) => sum + row.terminal, 0);
  return { count, events: count === 0 ? [] : terminal };
}

function conflictSection({ conflicts: { count, newest } }: Counts): ConflictSection {
  const conflicts = newest.map(({ found_by, ...row }) => ({
    ...row,
    detail: `another content for this id, found by ${found_by}; both are kept`,
  }));
  return { count, cleanup_blocked: count > 0, conflicts };
}
