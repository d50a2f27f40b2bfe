import type { JournalDatabase } from '../storage/journal-database.js';
import * as sql from './conflicts.sql.js';

/** Another content for a known event id, as recorded. Times in epoch milliseconds. */
export interface Conflict {
  readonly id: number;
  readonly eventId: string;
  readonly existingSeq: number;
  readonly existingSha256: Buffer;
  readonly incomingSha256: Buffer;
  readonly incomingBytes: Buffer;
  readonly incomingType: string;
  readonly foundBy: 'capture' | 'spool' | 'import';
  readonly sourceDigest: string | null;
  readonly foundAt: number;
  readonly resolvedAt: number | null;
  readonly kept: 'journal' | 'incoming' | null;
  /** The old files and rows it was found in, for people. */
  readonly foundIn: string | null;
}

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

/** No conflict has this number or event id. */
export class UnknownConflictError extends Error {
  override readonly name = 'UnknownConflictError';
  constructor(readonly reference: string) {
    super(`there is no conflict ${reference}: \`redrain conflicts list --all\` shows them`);
  }
}

/** One event id has several conflicts: the number says which is meant. */
export class AmbiguousConflictError extends Error {
  override readonly name = 'AmbiguousConflictError';
  constructor(reference: string, ids: readonly number[]) {
    super(`${reference} has ${ids.length} conflicts: name one of ${ids.join(', ')}`);
  }
}

/** Conflicts to decide, oldest first; with `all` also those that were decided. */
export function listConflicts(
  db: JournalDatabase,
  { all, limit }: { readonly all: boolean; readonly limit: number },
): { count: number; conflicts: Conflict[] } {
  return db.read(() => {
    const which = { all: all ? 1 : 0 };
    const { n } = db.statement(sql.COUNT).get(which) as { n: number };
    return { count: n, conflicts: db.statement(sql.LIST).all({ ...which, limit }) as Conflict[] };
  });
}

/**
 * The conflict of that number, or the one of that event id.
 *
 * @throws UnknownConflictError, AmbiguousConflictError
 */
export function findConflict(db: JournalDatabase, reference: string): Conflict {
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

/** What the journal holds for this event id now. */
export function revisionInForce(db: JournalDatabase, eventId: string): RevisionInForce {
  return db.statement(sql.IN_FORCE).get(eventId) as RevisionInForce;
}
