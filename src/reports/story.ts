import type { AuditRow } from '../journal/audit-log.js';
import type { SpooledStory } from './spooled-story.js';

/** A row as its columns name it. */
type Row = Readonly<Record<string, unknown>>;

/** Everything redrain knows of one event: each revision with its bytes and what became of it. */
export interface EventStory {
  readonly event_id: string;
  /** Empty while the event is in the spool, or in the audit log alone. */
  readonly revisions: readonly RevisionStory[];
  readonly conflicts: readonly Row[];
  /** When its bytes were erased and why; null when nobody asked for that. */
  readonly redaction: { readonly at: string; readonly reason: string } | null;
  /** Copies that wait in the spool until the journal can be written. */
  readonly spooled: readonly SpooledStory[];
  /** Why nobody knows what the spool holds; null when it could be read. */
  readonly spool_error: string | null;
  /** What the audit log says of it, newest first. */
  readonly audit: readonly AuditRow[];
  /** Everything that happened to it, oldest first. */
  readonly timeline: readonly StoryEntry[];
}

/** The part of it that the journal tells. */
export type JournaledStory = Omit<EventStory, 'spooled' | 'spool_error' | 'audit'>;

export interface RevisionStory {
  readonly seq: number;
  readonly revision: number;
  readonly event_type: string;
  readonly source: string;
  readonly occurred_at: string | null;
  readonly captured_at: string;
  readonly project_uuid: string | null;
  readonly repo_slug: string | null;
  readonly checkout: string | null;
  readonly producer_user: string | null;
  readonly producer_team: string | null;
  readonly drain_blocked_reason: string | null;
  readonly undeliverable: string | null;
  readonly sha256: string;
  readonly size: number;
  /** `live`, or why it is not. */
  readonly class: string;
  /** When it left selection; null while it is live. */
  readonly marked_at: string | null;
  /** The event that took its place (coalesced, replaced). */
  readonly other_event_id: string | null;
  /** A later event with the same key, where this one may have left already. */
  readonly superseded_by: string | null;
  readonly purged_by: string | null;
  readonly purged_at: string | null;
  /** The archive, or the reason of a redaction. */
  readonly purge_detail: string | null;
  /** Rows of old queue files it was taken from. */
  readonly sources: readonly Row[];
  /** The exact bytes; null once they were purged. */
  readonly bytes: Buffer | null;
  readonly targets: readonly TargetStory[];
}

export interface TargetStory {
  readonly target_id: number;
  readonly target_name: string;
  readonly canonical_url: string;
  readonly in_flight: boolean;
  /** The ledger row; null when the event was never attempted there. */
  readonly delivery: Row | null;
  /** Earlier generations, oldest first. */
  readonly history: readonly Row[];
  /** Every POST it was part of, with the outcome it got, oldest first. */
  readonly posts: readonly Row[];
}

/** One thing that happened to an event. */
export interface StoryEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly what: string;
  /** The target it happened at, or null. */
  readonly target_id: number | null;
  readonly target_name: string | null;
}
