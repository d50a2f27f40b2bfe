import { sameValue } from '../json/canonical.js';
import {
  AmbiguousConflictError,
  type Conflict,
  ConflictDecidedError,
  ConflictErasedError,
  type Decision,
  type Keep,
  type RevisionInForce,
} from './conflict-store.js';

/** The one conflict that is meant of those of an event id, open ones first; undefined when it has none. */
export function oneConflict(reference: string, ofEvent: readonly Conflict[]): Conflict | undefined {
  const open = ofEvent.filter(({ resolvedAt }) => resolvedAt === null);
  if (open.length <= 1) return ofEvent[0];
  throw new AmbiguousConflictError(
    reference,
    open.map(({ id }) => id),
  );
}

/** The number that a reference is, if it is one. */
export const conflictNumber = (reference: string): number | undefined =>
  /^\d{1,15}$/.test(reference) ? Number(reference) : undefined;

export function assertPossible(conflict: Conflict, keep: Keep): void {
  if (conflict.resolvedAt !== null && conflict.kept !== keep)
    throw new ConflictDecidedError(conflict);
  if (keep === 'incoming' && conflict.incomingBytes.length === 0)
    throw new ConflictErasedError(conflict);
}

/** No further revision where the one in force says the same already. */
export function needsRevision(conflict: Conflict, keep: Keep, inForce: RevisionInForce): boolean {
  if (keep !== 'incoming' || conflict.resolvedAt !== null) return false;
  const { bytes, sha256 } = inForce;
  if (sha256.equals(conflict.incomingSha256)) return false;
  return bytes === null || !sameValue(bytes, conflict.incomingBytes);
}

export const decisionHead = ({ id, eventId }: Conflict, kept: Keep) => ({
  conflict_id: id,
  event_id: eventId,
  kept,
});

/** What the audit log says of a decision; `details` is JSON. */
export function decisionRecord(
  conflict: Conflict,
  decision: Decision,
): { readonly reason: string; readonly details: string } {
  const reason =
    decision.kept === 'journal'
      ? `conflict ${conflict.id}: the payload of the journal was kept`
      : `conflict ${conflict.id}: the incoming payload was kept, as revision ${decision.revision}`;
  const details = {
    conflict_id: conflict.id,
    kept: decision.kept,
    seq: decision.seq,
    existing_sha256: conflict.existingSha256.toString('hex'),
    incoming_sha256: conflict.incomingSha256.toString('hex'),
    targets: decision.targets,
  };
  return { reason, details: JSON.stringify(details) };
}
