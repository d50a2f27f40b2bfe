import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** Another content for a known event id, as recorded. Times in epoch milliseconds. */
export interface Conflict {
  readonly id: number;
  readonly eventId: string;
  readonly existingSeq: number;
  readonly existingSha256: Buffer;
  readonly incomingSha256: Buffer;
  /** Empty once they were redacted. */
  readonly incomingBytes: Buffer;
  readonly incomingType: string;
  readonly foundBy: 'capture' | 'spool' | 'import';
  readonly sourceDigest: string | null;
  readonly foundAt: number;
  readonly resolvedAt: number | null;
  readonly kept: Keep | null;
  /** The old files and rows it was found in, for people. */
  readonly foundIn: string | null;
}

export type Keep = 'journal' | 'incoming';

/** The revision of an event id that is in force. */
export interface RevisionInForce {
  readonly seq: number;
  readonly revision: number;
  readonly eventType: string;
  readonly sha256: Buffer;
  readonly producerUser: string | null;
  readonly producerTeam: string | null;
  readonly checkout: string;
  /** Null once the bytes were archived, purged or redacted. */
  readonly bytes: Buffer | null;
  readonly isRedacted: 0 | 1;
}

/** Whether one target gets a new revision of an event. */
export interface RevisionAtTarget {
  readonly target_id: number;
  readonly canonical_url: string;
  /** False: it has, or may have, an earlier revision, and nothing else is sent there. */
  readonly receives: boolean;
  readonly reason: string;
}

/** What a decision on a conflict comes to, or would. */
export interface Decision {
  readonly conflict_id: number;
  readonly event_id: string;
  readonly kept: Keep;
  /** False for a plan. */
  readonly done: boolean;
  /** The revision in force afterwards, and its journal row. */
  readonly revision: number;
  /** Null in a plan that would write a new row. */
  readonly seq: number | null;
  /** Who gets the new revision; empty when there is none. */
  readonly targets: readonly RevisionAtTarget[];
}

/**
 * Conflicts and the decisions on them. Both payloads of a conflict stay
 * readable whatever is decided. Each method is one atomic transaction.
 */
export interface ConflictStore {
  /** Conflicts to decide, oldest first; with `all` also those that were decided. `count` is the whole. */
  list(which: {
    readonly all: boolean;
    readonly limit: number;
  }): Promise<{ readonly count: number; readonly conflicts: readonly Conflict[] }>;
  /**
   * The conflict of that number, or the one of that event id, with the revision in force.
   *
   * @throws UnknownConflictError, AmbiguousConflictError
   */
  find(
    reference: string,
  ): Promise<{ readonly conflict: Conflict; readonly inForce: RevisionInForce }>;
  /** What a decision would come to. Changes nothing. @throws as `decide`. */
  plan(reference: string, keep: Keep): Promise<Decision>;
  /**
   * Decides one conflict and writes it into the audit log. `journal` leaves
   * everything as it is; `incoming` makes the incoming payload the next
   * revision of the event. The same decision again changes nothing.
   *
   * @throws UnknownConflictError, AmbiguousConflictError, ConflictDecidedError, ConflictErasedError
   */
  decide(reference: string, keep: Keep, now: number): Promise<Decision>;
}

/** No conflict has this number or event id. */
export class UnknownConflictError extends RedrainError {
  override readonly name = 'UnknownConflictError';
  readonly code = 'CONFLICT_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(readonly reference: string) {
    super(`there is no conflict ${reference}`, {
      advice: '`redrain conflicts list --all` lists all conflicts',
    });
  }
}

/** One event id has several conflicts: the number says which is meant. */
export class AmbiguousConflictError extends RedrainError {
  override readonly name = 'AmbiguousConflictError';
  readonly code = 'CONFLICT_AMBIGUOUS';
  override readonly exitCode = EXIT.usage;
  constructor(reference: string, ids: readonly number[]) {
    super(`${reference} has ${ids.length} conflicts: name one of ${ids.join(', ')}`);
  }
}

/** It was decided otherwise before, and a decision is not taken back. */
export class ConflictDecidedError extends RedrainError {
  override readonly name = 'ConflictDecidedError';
  readonly code = 'CONFLICT_DECIDED';
  override readonly exitCode = EXIT.usage;
  constructor(conflict: Pick<Conflict, 'id' | 'kept'>) {
    super(
      `conflict ${conflict.id} was decided already: the ${conflict.kept} payload was kept. Both are still there`,
      { advice: `\`redrain conflicts show ${conflict.id}\`` },
    );
  }
}

/** Its incoming bytes were erased by a redaction: there is nothing left to keep. */
export class ConflictErasedError extends RedrainError {
  override readonly name = 'ConflictErasedError';
  readonly code = 'CONFLICT_ERASED';
  override readonly exitCode = EXIT.usage;
  constructor(conflict: Pick<Conflict, 'id'>) {
    super(
      `the incoming payload of conflict ${conflict.id} was redacted: only --keep journal is left`,
    );
  }
}
