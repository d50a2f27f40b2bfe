import type { Permission } from '../dispatch/ports.js';
import type { CauseRow } from './causes.js';
import { type ClassTotals, type JournalNumbers, NO_JOURNAL } from './journal-section.js';
import type { TargetNumbers } from './ledger-section.js';
import type { UnreadableSection } from './or-unreadable.js';
import type { ConflictSection, TerminalSection } from './sections.js';
import type { LedgerRow, WaitingEvents } from './target-terms.js';

/** The id of a target that was never drained: no row has it. */
export const NO_TARGET = 0;

/** A target to be counted, and which origins it may have. */
export interface CountedTarget {
  /** `NO_TARGET` for one that was never drained. */
  readonly targetId: number;
  readonly permission: Permission;
  /** The first event that the target is about to get, where that is not as it is stored. */
  readonly newStart?: number | null | undefined;
}

/** What an engine counts for `status` and for one target: everything from one snapshot. */
export interface Counts {
  /** Events ever captured. Known without any counter. */
  readonly eventsEver: number;
  readonly classes: readonly ClassTotals[];
  /** By id: each target that was asked for. */
  readonly targets: ReadonlyMap<number, TargetCounts>;
  /** These need more than counters, and can be out of reach on their own. */
  readonly journal: JournalNumbers | UnreadableSection;
  /** The newest 100 events that failed for good. */
  readonly terminal: TerminalSection['events'];
  readonly conflicts: {
    /** Every open conflict. */
    readonly count: number;
    /** The newest 100. */
    readonly newest: readonly OpenConflict[];
  };
}

/** What is counted of one target. */
export interface TargetCounts extends TargetNumbers {
  readonly ledger: readonly LedgerRow[];
  /** By status, those with most events first; causes without a row of their own last. */
  readonly causes: readonly CauseRow[];
  readonly waiting: WaitingEvents;
}

/** An open conflict as it is stored; digests in lower-case hex. */
export interface OpenConflict extends Omit<ConflictSection['conflicts'][number], 'detail'> {
  readonly found_by: string;
}

/** Those of one target; zeros where it was not asked for. */
export const countsAt = ({ targets }: Counts, targetId: number): TargetCounts =>
  targets.get(targetId) ?? NOTHING;

const NOTHING: TargetCounts = {
  deliveryRows: 0,
  replayMarked: 0,
  oldestTriedAt: null,
  ledger: [],
  causes: [],
  waiting: { held: {}, excluded: 0, unsent: 0, oldestUnsentAt: null },
};

/** The counts of a home without a journal: every zero in them is counted, not guessed. */
export const NO_COUNTS: Counts = {
  eventsEver: 0,
  classes: [],
  targets: new Map(),
  journal: NO_JOURNAL,
  terminal: [],
  conflicts: { count: 0, newest: [] },
};

/** A row that an engine reads of one target. */
export type OfTarget<R> = R & { readonly targetId: number };

/** Rows of several targets, by the target, in their order. */
export function byTarget<R>(rows: readonly OfTarget<R>[]): ReadonlyMap<number, readonly R[]> {
  const found = new Map<number, R[]>();
  for (const row of rows) {
    const known = found.get(row.targetId);
    if (known === undefined) found.set(row.targetId, [row]);
    else known.push(row);
  }
  return found;
}
