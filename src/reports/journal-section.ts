import type { DrainBlockedReason } from '../dispatch/ports.js';
import type { Spool, SpoolWaiting } from '../journal/spool.js';
import type { GcSuggestion } from '../retention/gc-suggestion.js';

/** The section `event_journal` of `status` (docs/status.md). */
export interface JournalSection {
  readonly retained_event_count: number;
  readonly archived_event_count: number;
  readonly oldest_retained_event_at: string | null;
  /** Payload bytes retained. */
  readonly journal_size_bytes: number;
  readonly gc_suggested: boolean;
  readonly gc_suggestion: GcSuggestion | null;
  readonly drain_blocked: { readonly reason: DrainBlockedReason | null; readonly waiting: number };
  readonly spool: SpoolWaiting & { readonly torn_files: number };
  /** Events the active target may not have, by the reason. */
  readonly held: Readonly<Partial<Record<DrainBlockedReason, number>>>;
  readonly coalesced: number;
  readonly redacted: number;
  /** Events that OPT_OUT was allowed to drop: this count is all that is left of them. */
  readonly discarded: number;
}

/** What the section needs beside the counters: one row, and a new number is a column of it. */
export interface JournalNumbers {
  /** Epoch milliseconds: when the oldest event whose bytes are here was captured. */
  readonly oldestRetainedAt: number | null;
  readonly discarded: number;
}

/** Those of a home without a journal. */
export const NO_JOURNAL: JournalNumbers = { oldestRetainedAt: null, discarded: 0 };

/** What the counters say of one class of events: `live`, or why they are not. */
export interface ClassTotals {
  readonly class: string;
  readonly events: number;
  /** Events whose payloads are here, and how many bytes these have. */
  readonly retained: number;
  readonly bytes: number;
}

/** What the section takes from the target in force. */
export interface JournalSurroundings {
  readonly suggestion: GcSuggestion | null;
  readonly blocked: JournalSection['drain_blocked'];
  readonly held: JournalSection['held'];
  readonly spool: Spool;
}

/** The section. Reads the spool, and fails when that cannot be read. */
export function journalSection(
  { oldestRetainedAt, discarded }: JournalNumbers,
  classes: readonly ClassTotals[],
  { suggestion, blocked, held, spool }: JournalSurroundings,
): JournalSection {
  return {
    retained_event_count: sumOf(classes, 'retained'),
    archived_event_count: eventsOf(classes, 'archived'),
    oldest_retained_event_at:
      oldestRetainedAt === null ? null : new Date(oldestRetainedAt).toISOString(),
    journal_size_bytes: sumOf(classes, 'bytes'),
    gc_suggested: suggestion !== null,
    gc_suggestion: suggestion,
    drain_blocked: blocked,
    spool: { ...spool.waiting(), torn_files: spool.tornFiles().length },
    held,
    coalesced: eventsOf(classes, 'coalesced'),
    redacted: eventsOf(classes, 'redacted'),
    discarded,
  };
}

export const sumOf = (classes: readonly ClassTotals[], name: 'retained' | 'bytes'): number =>
  classes.reduce((total, row) => total + row[name], 0);

export const eventsOf = (classes: readonly ClassTotals[], name: string): number =>
  classes.find((row) => row.class === name)?.events ?? 0;

/** Classes of events whose bytes are all here, and all gone; of others some may be. */
const ALL_HERE = new Set(['live']);
const ALL_GONE = new Set(['archived', 'purged', 'redacted']);

/**
 * Whether the counters of bytes can be true: no class has more payloads than
 * events or fewer than its kind must have, and bytes only with payloads.
 */
export function classesHold(classes: readonly ClassTotals[]): boolean {
  return classes.every(({ class: name, events, retained, bytes }) => {
    const most = ALL_GONE.has(name) ? 0 : events;
    const least = ALL_HERE.has(name) ? events : 0;
    return retained >= least && retained <= most && bytes > 0 === retained > 0;
  });
}
