import { step } from '../../base/steps.js';
import {
  AmbiguousConflictError,
  type Conflict,
  ConflictDecidedError,
  ConflictErasedError,
  type ConflictStore,
  type Decision,
  type Keep,
  type RevisionAtTarget,
  type RevisionInForce,
  UnknownConflictError,
} from '../../conflicts/conflict-store.js';
import { incomingEvent } from '../../conflicts/incoming-event.js';
import { sameValue } from '../../json/canonical.js';
import { GroupWriter } from '../journal/group-writer.js';
import type { JournalDatabase } from '../journal-database.js';
import { followReplacement, revisionAtTargets } from '../ledger/revisions.js';
import * as sql from './conflicts.sql.js';

/** Conflicts on SQLite. */
export class SqliteConflicts implements ConflictStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async list({ all, limit }: { readonly all: boolean; readonly limit: number }) {
    return this.#db.read(() => {
      const which = { all: all ? 1 : 0 };
      const { n } = this.#db.statement(sql.COUNT).get(which) as { n: number };
      const conflicts = this.#db.statement(sql.LIST).all({ ...which, limit }) as Conflict[];
      return { count: n, conflicts };
    });
  }

  async find(reference: string) {
    return this.#db.read(() => {
      const conflict = findConflict(this.#db, reference);
      return { conflict, inForce: revisionInForce(this.#db, conflict.eventId) };
    });
  }

  async plan(reference: string, keep: Keep): Promise<Decision> {
    return this.#db.read(() => {
      const conflict = findConflict(this.#db, reference);
      assertPossible(conflict, keep);
      const { targets, writesRevision } = planOf(this.#db, conflict, keep);
      const { revision, seq } = revisionInForce(this.#db, conflict.eventId);
      const next = writesRevision ? { revision: revision + 1, seq: null } : { revision, seq };
      return { ...headOf(conflict, keep), done: false, ...next, targets };
    });
  }

  async decide(reference: string, keep: Keep, now: number): Promise<Decision> {
    const decision = await this.#db.write(() => {
      const conflict = findConflict(this.#db, reference);
      assertPossible(conflict, keep);
      const { targets, writesRevision } = planOf(this.#db, conflict, keep);
      if (writesRevision) writeRevision(this.#db, conflict, targets, now);
      const { revision, seq } = revisionInForce(this.#db, conflict.eventId);
      const decided = { ...headOf(conflict, keep), done: true, revision, seq, targets };
      if (conflict.resolvedAt === null) record(this.#db, conflict, decided, now);
      return decided;
    });
    step('conflicts.decided');
    return decision;
  }
}

function findConflict(db: JournalDatabase, reference: string): Conflict {
  const ofEvent = db.statement<[string], Conflict>(sql.BY_EVENT).all(reference);
  const open = ofEvent.filter(({ resolvedAt }) => resolvedAt === null);
  if (open.length > 1)
    throw new AmbiguousConflictError(
      reference,
      open.map(({ id }) => id),
    );
  const found = ofEvent[0] ?? byNumber(db, reference);
  if (found === undefined) throw new UnknownConflictError(reference);
  return found;
}

function byNumber(db: JournalDatabase, reference: string): Conflict | undefined {
  if (!/^\d{1,15}$/.test(reference)) return undefined;
  return db.statement<[number], Conflict>(sql.BY_ID).get(Number(reference));
}

const revisionInForce = (db: JournalDatabase, eventId: string): RevisionInForce =>
  db.statement(sql.IN_FORCE).get(eventId) as RevisionInForce;

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
