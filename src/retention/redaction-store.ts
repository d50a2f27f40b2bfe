import type { ErasedEvent } from './erased-event.js';
import type { SeqSpan } from './retention-store.js';

/** Stands where a text was. */
export const ERASED = 'erased by `redact`: it may have repeated the event';

/** One revision of an event. */
export interface RevisionTrace {
  readonly seq: number;
  /** Why its bytes are gone; null while they are here. */
  readonly kind: 'gc' | 'archive' | 'redact' | null;
  /** The archive, or the reason of a redaction. */
  readonly detail: string | null;
  readonly bytes: Buffer | null;
}

/** A target that was given the event, or is being given it now, as reports show it. */
export interface SeenBy {
  readonly target_id: number;
  readonly target_name: string;
  readonly canonical_url: string;
  readonly status: string | null;
  readonly in_flight: 0 | 1;
}

/** Everything a redaction is about. */
export interface Traces {
  readonly revisions: readonly RevisionTrace[];
  /** Copies with bytes in conflict records and in the audit log. */
  readonly conflicts: number;
  readonly audits: number;
  readonly seenBy: readonly SeenBy[];
  /** The redaction on record, when there is one. */
  readonly earlier: { readonly at: number; readonly reason: string } | null;
  /** Old queue files that rows of it were imported from. */
  readonly importedFrom: readonly string[];
  readonly event: ErasedEvent;
}

/** What a redaction changed in the journal, beside what it found. */
export interface Erased extends Traces {
  /** Texts of servers that named the event, or repeated it. */
  readonly answers: number;
}

/** A redaction as it is recorded. */
export interface RedactionOrder {
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Contents of the event that archives still hold. */
  readonly archived?: readonly Buffer[];
}

/** Erases the bytes of one event id: of each revision, and of every copy the journal holds. */
export interface RedactionStore {
  /** The revisions under an id, oldest first; none when the journal does not know it. */
  revisions(eventId: string): Promise<readonly RevisionTrace[]>;

  /**
   * Where the bytes of an event are. Reads only. `archived` are contents that
   * archives still hold.
   *
   * @throws UnknownEventError when neither journal nor audit log knows the id.
   */
  traces(eventId: string, archived?: readonly Buffer[]): Promise<Traces>;

  /** Ids of other events in a span that have one of the contents of this event, and still their bytes. */
  sameBytes(event: ErasedEvent, span: SeqSpan): Promise<string[]>;

  /**
   * Records the redaction and erases, in one transaction. Delivered, waiting or
   * in flight makes no difference; ledger rows stay. What was purged or
   * archived becomes redacted as well, so that no restore brings it back.
   * Running it again erases copies that came in since; the first reason stays.
   *
   * @throws UnknownEventError when neither journal nor audit log knows the id.
   */
  redact(eventId: string, order: RedactionOrder): Promise<Erased>;
}
