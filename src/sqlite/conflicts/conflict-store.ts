import { step } from '../../base/steps.js';
import {
  type Conflict,
  type ConflictStore,
  type Decision,
  type Keep,
  type RevisionAtTarget,
  type RevisionInForce,
  UnknownConflictError,
} from '../../conflicts/conflict-store.js';
import {
  assertPossible,
  conflictNumber,
  decisionHead,
  decisionRecord,
  needsRevision,
  oneConflict,
} from '../../conflicts/deciding.js';
import { incomingEvent } from '../../conflicts/incoming-event.js';
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
      return { ...decisionHead(conflict, keep), done: false, ...next, targets };
    });
  }

  async decide(reference: string, keep: Keep, now: number): Promise<Decision> {
    const decision = await this.#db.write(() => {
      const conflict = findConflict(this.#db, reference);
      assertPossible(conflict, keep);
      const { targets, writesRevision } = planOf(this.#db, conflict, keep);
      if (writesRevision) writeRevision(this.#db, conflict, targets, now);
      const { revision, seq } = revisionInForce(this.#db, conflict.eventId);
      const decided = { ...decisionHead(conflict, keep), done: true, revision, seq, targets };
      if (conflict.resolvedAt === null) record(this.#db, conflict, decided, now);
      return decided;
    });
    step('conflicts.decided');
    return decision;
  }
}

function findConflict(db: JournalDatabase, reference: string): Conflict {
  const ofEvent = db.statement<[string], Conflict>(sql.BY_EVENT).all(reference);
  const found = oneConflict(reference, ofEvent) ?? byNumber(db, conflictNumber(reference));
  if (found === undefined) throw new UnknownConflictError(reference);
  return found;
}

const byNumber = (db: JournalDatabase, id: number | undefined): Conflict | undefined =>
  id === undefined ? undefined : db.statement<[number], Conflict>(sql.BY_ID).get(id);

const revisionInForce = (db: JournalDatabase, eventId: string): RevisionInForce =>
  db.statement(sql.IN_FORCE).get(eventId) as RevisionInForce;

function planOf(
  db: JournalDatabase,
  conflict: Conflict,
  keep: Keep,
): { targets: RevisionAtTarget[]; writesRevision: boolean } {
  const writesRevision = needsRevision(conflict, keep, revisionInForce(db, conflict.eventId));
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
  const { reason, details } = decisionRecord(conflict, decision);
  const { eventId, incomingType } = conflict;
  db.statement(sql.AUDIT).run(now, eventId, incomingType, reason, details);
}
