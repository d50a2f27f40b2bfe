import type { Arrival } from '../edges/arrival.js';

/** What permission to leave depends on; null means the envelope or caller gave none. */
export interface EventOrigin {
  readonly projectUuid: string | null;
  readonly repoSlug: string | null;
  /** The checkout the event was captured in: an absolute directory. */
  readonly checkout: string | null;
}

/** An event that is ready to be written: everything decided, nothing durable yet. */
export interface NewEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes. */
  readonly sha256: Buffer;
  readonly carriesId: boolean;
  /** The producer's own time text. */
  readonly timestamp: string | null;
  /** Epoch milliseconds. */
  readonly occurredAt: number | null;
  /** Epoch milliseconds. */
  readonly capturedAt: number;
  readonly origin: EventOrigin;
  readonly producerUser: string | null;
  readonly producerTeam: string | null;
  /** The reason that holds for the active target at this moment, or null. */
  readonly blockedReason: string | null;
  readonly undeliverable: string | null;
  /** Equal for events of which only the newest has to be sent, or null. */
  readonly coalesceKey: string | null;
  /** What the discard policy has to say of it, or null. */
  readonly audit: AuditNote | null;
  /** Of an event that an edge sent: what is noted of the edge in the same transaction. */
  readonly arrival?: Arrival | undefined;
}

/** A discard that was refused (the event is journaled) or granted to the audit log alone. */
export interface AuditNote {
  readonly action: 'discard_refused' | 'discarded';
  readonly family: string;
  readonly reason: string;
}

/** What became of one event of a group. */
export type AppendVerdict = 'captured' | 'duplicate' | 'conflict' | 'audited';

/** How a group came in; `decision` is the payload of a conflict that an operator kept. */
export type EventSource = 'capture' | 'spool' | 'import' | 'decision' | 'archive';
