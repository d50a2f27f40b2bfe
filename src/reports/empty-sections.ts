import type { DrainBlockedReason } from '../dispatch/ports.js';
import type { Spool } from '../journal/spool.js';
import type { ReadSections } from '../sqlite/reports/reports.js';
import type { TargetIdentity } from '../targets/identity.js';
import { currentIdentity } from './identity-row.js';
import { orUnreadable } from './or-unreadable.js';

/** The sections of a home without a journal: every zero in them is counted, not guessed. */
export function emptySections(
  spool: Spool,
  identity: TargetIdentity | undefined,
  reason: DrainBlockedReason | null,
): ReadSections {
  return {
    event_journal: orUnreadable(() => ({
      retained_event_count: 0,
      archived_event_count: 0,
      oldest_retained_event_at: null,
      journal_size_bytes: 0,
      gc_suggested: false,
      gc_suggestion: null,
      drain_blocked: { reason, waiting: 0 },
      spool: { ...spool.waiting(), torn_files: spool.tornFiles().length },
      held: {},
      coalesced: 0,
      redacted: 0,
      discarded: 0,
    })),
    delivery_targets: { current: currentIdentity(undefined, identity), previous: [] },
    delivery_ledger: {
      delivered_current_target: 0,
      delivered_previous_target: 0,
      pending: 0,
      rejected: 0,
      transient: 0,
      per_target: [],
    },
    migration_conflicts: { count: 0, cleanup_blocked: false, conflicts: [] },
    terminal_failures: { count: 0, events: [] },
  };
}
