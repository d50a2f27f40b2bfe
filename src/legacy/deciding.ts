import { GroupWriter } from '../journal/group-writer.js';
import { sameValue } from '../json/canonical.js';
import {
  followReplacement,
  type RevisionAtTarget,
  revisionAtTargets,
} from '../ledger/revisions.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import { step } from '../storage/steps.js';
import { type Conflict, findConflict, revisionInForce } from './conflict-store.js';
import * as sql from './conflicts.sql.js';
import { incomingEvent } from './incoming-event.js';

export type Keep = 'journal' | 'incoming';

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

/** It was decided otherwise before, and a decision is not taken back. */
export class ConflictDecidedError extends Error {
  override readonly name = 'ConflictDecidedError';
  constructor(conflict: Conflict) {
    super(
      `conflict ${conflict.id} was decided already: the ${conflict.kept} payload was kept. Both are still there: \`redrain conflicts show ${conflict.id}\``,
    );
  }
}

/** Its incoming bytes were erased by a redaction: there is nothing left to keep. */
export class ConflictErasedError extends Error {
  override readonly name = 'ConflictErasedError';
  constructor(conflict: Conflict) {
    super(
      `the incoming payload of conflict ${conflict.id} was redacted: only --keep journal is left`,
    );
  }
}

/** What a decision would come to. Changes nothing. @throws as `decide`. */
export function planDecision(db: JournalDatabase, reference: string, keep: Keep): Decision {
  return db.read(() => {
    const conflict = findConflict(db, reference);
    assertPossible(conflict, keep);
    const plan = planOf(db, conflict, keep);
    const { revision, seq } = revisionInForce(db, conflict.eventId);
    const isNew = plan.writesRevision;
    return {
      ...headOf(conflict, keep),
      done: false,
      revision: isNew ? revision + 1 : revision,
      seq: isNew ? null : seq,
      targets: plan.targets,
    };
  });
}

/**
 * Decides one conflict, in one transaction, and writes it into the audit log.
 * `journal` leaves everything as it is; `incoming` makes the incoming payload
 * the next revision of the event. Both payloads stay readable either way. The
 * same decision again changes nothing.
 *
 * @throws UnknownConflictError, AmbiguousConflictError, ConflictDecidedError, ConflictErasedError
 */
export async function decide(
  db: JournalDatabase,
  reference: string,
  keep: Keep,
  now: number,
): Promise<Decision> {
  const decision = await db.write(() => {
    const conflict = findConflict(db, reference);
    assertPossible(conflict, keep);
    const { targets, writesRevision } = planOf(db, conflict, keep);
    if (writesRevision) writeRevision(db, conflict, targets, now);
    const { revision, seq } = revisionInForce(db, conflict.eventId);
    const decided = { ...headOf(conflict, keep), done: true, revision, seq, targets };
    if (conflict.resolvedAt === null) record(db, conflict, decided, now);
    return decided;
  });
  step('conflicts.decided');
  return decision;
}

const headOf = ({ id, eventId }: Conflict, kept: Keep) => ({
  conflict_id: id,
  event_id: eventId,
  kept,
});

function assertPossible(conflict: Conflict, keep: Keep): void {
  if (conflict.resolvedAt !== null && conflict.kept !== keep)
    throw new ConflictDecidedError(conflict);
  if (keep === 'incoming' && conflict.incomingBytes.length === 0)
    throw new ConflictErasedError(conflict);
}

/** No further revision where the one in force says the same already. */
function planOf(
  db: JournalDatabase,
  conflict: Conflict,
  keep: Keep,
): { targets: RevisionAtTarget[]; writesRevision: boolean } {
  const { bytes, sha256 } = revisionInForce(db, conflict.eventId);
  const isInForce =
    sha256.equals(conflict.incomingSha256) ||
    (bytes !== null && sameValue(bytes, conflict.incomingBytes));
  const writesRevision = keep === 'incoming' && conflict.resolvedAt === null && !isInForce;
  const targets = writesRevision ? revisionAtTargets(db, conflict.eventId) : [];
  return { targets, writesRevision };
}

function writeRevision(
  db: JournalDatabase,
  conflict: Conflict,
  targets: readonly RevisionAtTarget[],
  now: number,
): void {
  const event = incomingEvent(conflict, revisionInForce(db, conflict.eventId));
  const written = new GroupWriter(db, 'decision', new Map()).writeRevision(event, now);
  followReplacement(db, written, targets);
}

function record(db: JournalDatabase, conflict: Conflict, decision: Decision, now: number): void {
  db.statement(sql.DECIDE).run(now, decision.kept, conflict.id);
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
  const { eventId, incomingType } = conflict;
  db.statement(sql.AUDIT).run(now, eventId, incomingType, reason, JSON.stringify(details));
}
