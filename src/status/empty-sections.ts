import type { DrainBlockedReason } from '../dispatch/ports.js';
import type { Spool } from '../journal/spool.js';
import type { StatusSections } from './sqlite-status.js';

/** The sections of a home without a journal: every zero in them is counted, not guessed. */
export function emptySections(spool: Spool, reason: DrainBlockedReason | null): StatusSections {
  const nobody = {
    target_id: null,
    canonical_url: null,
    team_slug: null,
    user_email: null,
    label: null,
    reset_signal: null,
  };
  return {
    event_journal: {
      retained_event_count: 0,
      archived_event_count: 0,
      oldest_retained_event_at: null,
      journal_size_bytes: 0,
      drain_blocked: { reason, waiting: 0 },
      spool: { ...spool.waiting(), torn_files: spool.tornFiles().length },
      held: {},
      coalesced: 0,
      redacted: 0,
      discarded: 0,
    },
    delivery_targets: { current: nobody, previous: [] },
    delivery_ledger: {
      delivered_current_target: 0,
      delivered_previous_target: 0,
      pending: 0,
      rejected: 0,
      transient: 0,
      per_target: [],
    },
    terminal_failures: { count: 0, events: [] },
    migration_conflicts: { count: 0, cleanup_blocked: false, conflicts: [] },
  };
}
