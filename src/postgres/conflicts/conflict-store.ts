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
import { OriginIds } from '../journal/origin-ids.js';
import type { JournalDatabase } from '../journal-database.js';
import { followReplacement, revisionAtTargets } from '../ledger/revisions.js';
import { storable } from '../text.js';
import type { Queries, Transaction } from '../transaction.js';
import * as sql from './conflicts.sql.js';

/** Conflicts on PostgreSQL. */
export class PostgresConflicts implements ConflictStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  list({ all, limit }: { readonly all: boolean; readonly limit: number }) {
    return this.#db.read(async (queries) => {
      const found = await queries.get<{ n: number }>(sql.COUNT, { all });
      const conflicts = await queries.all<Conflict>(sql.LIST, { all, limit });
      return { count: found?.n ?? 0, conflicts };
    });
  }

  find(reference: string) {
    return this.#db.read(async (queries) => {
      const conflict = await findConflict(queries, reference);
      return { conflict, inForce: await revisionInForce(queries, conflict) };
    });
  }

  plan(reference: string, keep: Keep): Promise<Decision> {
    return this.#db.read(async (queries) => {
      const { conflict, inForce, targets, writesRevision } = await planOf(queries, reference, keep);
      const { revision, seq } = inForce;
      const next = writesRevision ? { revision: revision + 1, seq: null } : { revision, seq };
      return { ...decisionHead(conflict, keep), done: false, ...next, targets };
    });
  }

  async decide(reference: string, keep: Keep, now: number): Promise<Decision> {
    const decision = await this.#db.write(['journal', 'classes'], async (tx) => {
      const { conflict, inForce, targets, writesRevision } = await planOf(tx, reference, keep);
      const { revision, seq } = writesRevision
        ? await writeRevision(tx, { conflict, inForce, targets, now })
        : inForce;
      const decided = { ...decisionHead(conflict, keep), done: true, revision, seq, targets };
      if (conflict.resolvedAt === null) await record(tx, conflict, decided, now);
      return decided;
    });
    step('conflicts.decided');
    return decision;
  }
}

async function findConflict(queries: Queries, reference: string): Promise<Conflict> {
  const ofEvent = await queries.all<Conflict>(sql.BY_EVENT, { eventId: storable(reference) });
  const id = conflictNumber(reference);
  const found =
    oneConflict(reference, ofEvent) ??
    (id === undefined ? undefined : await queries.get<Conflict>(sql.BY_ID, { id }));
  if (found === undefined) throw new UnknownConflictError(reference);
  return found;
}

async function revisionInForce(queries: Queries, { eventId }: Conflict): Promise<RevisionInForce> {
  return (await queries.get<RevisionInForce>(sql.IN_FORCE, { eventId })) as RevisionInForce;
}

interface Plan {
  readonly conflict: Conflict;
  readonly inForce: RevisionInForce;
  readonly targets: readonly RevisionAtTarget[];
}

async function planOf(
  queries: Queries,
  reference: string,
  keep: Keep,
): Promise<Plan & { readonly writesRevision: boolean }> {
  const conflict = await findConflict(queries, reference);
  assertPossible(conflict, keep);
  const inForce = await revisionInForce(queries, conflict);
  const writesRevision = needsRevision(conflict, keep, inForce);
  const targets = writesRevision ? await revisionAtTargets(queries, conflict.eventId) : [];
  return { conflict, inForce, targets, writesRevision };
}

async function writeRevision(
  tx: Transaction,
  { conflict, inForce, targets, now }: Plan & { readonly now: number },
) {
  const origins = new OriginIds(new Map());
  const writer = new GroupWriter(tx, { source: 'decision', origins });
  const written = await writer.writeRevision(incomingEvent(conflict, inForce), now);
  await followReplacement(tx, written, targets);
  return written;
}

async function record(
  tx: Transaction,
  conflict: Conflict,
  decision: Decision,
  now: number,
): Promise<void> {
  const { id, eventId, incomingType: eventType } = conflict;
  await tx.run(sql.DECIDE, { id, now, kept: decision.kept });
  await tx.run(sql.AUDIT, { now, eventId, eventType, ...decisionRecord(conflict, decision) });
}
