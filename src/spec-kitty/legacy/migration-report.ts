import type { ScopeParts } from '../scope.js';
import type { SkippedName } from './queue-files.js';

/** One row that will not be sent, or not everywhere, and why. */
export interface FlaggedRow {
  readonly row_id: string;
  readonly event_id: string;
  readonly reason: string;
}

/** What became of the rows of one file in this run. */
export interface RowCounts {
  rows_read: number;
  /** New to the journal. */
  imported: number;
  /** Imported from this very row before. */
  already_there: number;
  /** Equal by value to an event that came in another way. */
  identical: number;
  /** Another content for a known id: an open conflict keeps it. */
  conflicting: number;
  /** Another content for a known id, on which an operator has decided already. */
  decided: number;
  /** Imported, and not to be sent, or not everywhere: see `flags`. */
  flagged: number;
  /** In a damaged file, not certain to be what was written: left alone. */
  uncertain: number;
}

export interface SourceReport extends RowCounts {
  /** Below the home. */
  readonly path: string;
  readonly kind: 'scoped' | 'legacy';
  readonly digest: string | null;
  /**
   * `unchanged`: not opened, for nothing was written since its import. `busy`
   * and `unreadable`: nothing was taken from it, and it still waits.
   */
  readonly status: 'imported' | 'unchanged' | 'busy' | 'unreadable';
  /** The one known identity with this digest; null where none, or more than one, explains it. */
  readonly attribution: ScopeParts | null;
  readonly body_upload_queue_count: number | null;
  readonly body_upload_failure_log_count: number | null;
  /** The first 100; `flagged` is the whole. */
  readonly flags: readonly FlaggedRow[];
  /** Odd things that kept nothing from being imported; the first 100. */
  readonly warnings: readonly string[];
  readonly damage: string | null;
  readonly error: string | null;
}

export interface CleanupReport {
  readonly done: boolean;
  readonly renamed: readonly { readonly path: string; readonly renamed_to: string }[];
  readonly kept: readonly { readonly path: string; readonly reason: string }[];
}

/** The document of `redrain migrate --json`. */
export interface MigrationReport {
  readonly dry_run: boolean;
  readonly interrupted: boolean;
  readonly sources: readonly SourceReport[];
  readonly skipped: readonly SkippedName[];
  readonly totals: RowCounts;
  /** Conflicts found by this and earlier imports that wait for a decision. */
  readonly open_conflicts: number;
  /** What no import can bring back. */
  readonly not_recoverable: readonly string[];
  readonly cleanup: CleanupReport | null;
}

/** What the old program deleted or never stored: no import can bring it back. */
export const NOT_RECOVERABLE = [
  'Events the old program delivered were deleted from its files at once: they are at the server, not here.',
  'Where it coalesced dossier events, only the newest of each key was left.',
  'Above its cap (10,000 rows, later 100,000) it refused new rows or dropped the oldest.',
  'Until it began to keep both, it deleted the row of queue.db when a scoped file held the same id, also with other content.',
  'Decision events (DecisionInputRequested, DecisionInputAnswered) were not stored from June 2026 on.',
] as const;

export const noRows = (): RowCounts => ({
  rows_read: 0,
  imported: 0,
  already_there: 0,
  identical: 0,
  conflicting: 0,
  decided: 0,
  flagged: 0,
  uncertain: 0,
});

/** The rows of all files together. */
export function totalsOf(sources: readonly RowCounts[]): RowCounts {
  const totals = noRows();
  for (const source of sources)
    for (const name of Object.keys(totals) as (keyof RowCounts)[]) totals[name] += source[name];
  return totals;
}
