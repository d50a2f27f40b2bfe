import type { DrainBlockedReason } from '../dispatch/ports.js';
import type { SpoolWaiting } from '../journal/spool.js';
import type { Mode } from '../policy/mode.js';
import type { GcSuggestion } from '../retention/gc-suggestion.js';
import type { TargetAuthorityReport } from '../spec-kitty/authority-report.js';
import type { ResetSignalRecord } from '../targets/registry.js';
import type { Finding } from './finding.js';
import type { JobsSection } from './jobs-section.js';
import type { OldQueueSections, WaitingFile } from './old-queues.js';
import type { UnreadableSection } from './or-unreadable.js';
import type { Foreground, Mismatch, OrphanRecord, OwnerRecord } from './processes.js';
import type { TargetBalance } from './target-terms.js';

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

export interface TargetIdentityRow {
  readonly target_id: number | null;
  readonly canonical_url: string | null;
  readonly team_slug: string | null;
  readonly user_email: string | null;
  readonly label: string | null;
  readonly reset_signal: ResetSignalRecord | null;
}

export interface TargetsSection {
  readonly current: TargetIdentityRow;
  /** First seen first, only those that were given events. */
  readonly previous: readonly (TargetIdentityRow & { readonly delivered_count: number })[];
}

export interface TargetLedger extends TargetBalance {
  readonly target_id: number;
  readonly canonical_url: string;
  readonly retired: boolean;
  /** Delivered ones that a replay has marked: they go out again. */
  readonly replay_marked: number;
  /** ISO 8601: the oldest unsent, pending, rejected or transient one; null when there is none. */
  readonly oldest_undelivered_at: string | null;
  readonly circuit: CircuitState;
  /** Of the terms of the same name, those that a retry may still change: no archived or redacted event. */
  readonly actionable: ActionableTerms;
  /** Why these are not delivered, most events first; at most 21 of each state. */
  readonly causes: readonly CountedCause[];
}

export interface ActionableTerms {
  readonly pending: number;
  readonly rejected: number;
  readonly transient: number;
  readonly terminal: number;
}

/** Live events of one target that are in one state for one cause. */
export interface CountedCause {
  readonly state: 'rejected' | 'transient' | 'terminal';
  /** What the server or the network said, shortened; null: not recorded, or one of many. */
  readonly cause: string | null;
  readonly events: number;
}

export interface CircuitState {
  readonly state: 'closed' | 'open' | 'half_open';
  /** Batches in a row that ended transient as a whole. */
  readonly failures: number;
  /** ISO 8601: when a worker tries again. */
  readonly next_attempt_at: string | null;
}

export interface LedgerSection {
  readonly delivered_current_target: number;
  /** Deliveries, summed over the earlier targets. */
  readonly delivered_previous_target: number;
  readonly pending: number;
  readonly rejected: number;
  readonly transient: number;
  readonly per_target: readonly TargetLedger[];
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
  /** Every old queue file with rows that are not in the journal yet. */
  readonly waiting_files?: readonly WaitingFile[];
}

/** The seven sections and what they are read from; `assess.ts` judges them. */
export interface StatusSections {
  readonly event_journal: JournalSection | UnreadableSection;
  readonly delivery_targets: TargetsSection | UnreadableSection;
  readonly delivery_ledger: LedgerSection | UnreadableSection;
  readonly migration_conflicts: ConflictSection | UnreadableSection;
  readonly terminal_failures: TerminalSection | UnreadableSection;
}

export type AuthoritySection = TargetAuthorityReport & {
  readonly mode: Mode | null;
  /** False when nothing named a server and the documented default stands in. */
  readonly configured: boolean;
};

/** The fields that older consumers read (docs/status.md). */
export interface OlderFields {
  /** Whether the mode in force sends to somebody who wants to know who we are. */
  readonly auth_required: boolean;
  readonly auth_present: boolean;
  readonly live_orphan_daemon_count: number;
  readonly foreground: Foreground;
  readonly daemon_owner_record: OwnerRecord | null;
  readonly active_queue: OldQueueSections['active_queue'];
  readonly legacy_queue: OldQueueSections['legacy_queue'];
  readonly mismatches: readonly Mismatch[];
  readonly orphan_records: readonly OrphanRecord[];
}

/** The document of `redrain status --json` (docs/status.md), in its order. Fields are only ever added. */
export interface StatusDocument extends OlderFields, StatusSections {
  readonly ok: boolean;
  /** What `--check` ends with. */
  readonly exit_code: 0 | 2;
  readonly target_authority: AuthoritySection;
  readonly body_upload_compatibility: OldQueueSections['body_upload_compatibility'];
  /** Queues and workers. */
  readonly jobs: JobsSection | UnreadableSection;
  /** Everything that is not as if nothing had to be done, most pressing first; `ok` is made of it. */
  readonly findings: readonly Finding[];
}
