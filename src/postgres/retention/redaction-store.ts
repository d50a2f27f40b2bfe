import { shownAddress } from '../../address/shown-address.js';
import { step } from '../../base/steps.js';
import { UnknownEventError } from '../../journal/unknown-event.js';
import { canonicalDigest } from '../../json/canonical.js';
import { type ErasedEvent, erasedEvent, type RevisionFound } from '../../retention/erased-event.js';
import type {
  Erased,
  RedactionOrder,
  RedactionStore,
  RevisionTrace,
  SeenBy,
  Traces,
} from '../../retention/redaction-store.js';
import type { SeqSpan } from '../../retention/retention-store.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries, Transaction } from '../transaction.js';
import { withCounters } from './census.js';
import { eraseAnswers } from './erasing-answers.js';
import * as sql from './redaction.sql.js';
import { DELETE_PAYLOADS, INSERT_PURGES, REMOVE_LIVE, REMOVE_TODO } from './retention.sql.js';

/** RedactionStore on PostgreSQL. */
export class PostgresRedaction implements RedactionStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  revisions(eventId: string): Promise<readonly RevisionTrace[]> {
    return this.#db.all<RevisionFound>(sql.REVISIONS, { eventId });
  }

  traces(eventId: string, archived: readonly Buffer[] = []): Promise<Traces> {
    return this.#db.read((queries) => tracesOf(queries, eventId, archived));
  }

  async sameBytes({ eventId, digests }: ErasedEvent, span: SeqSpan): Promise<string[]> {
    const asked = { ...span, eventId, digests: [...digests] };
    const rows = await this.#db.all<{ eventId: string }>(sql.SAME_BYTES, asked);
    return rows.map((row) => row.eventId);
  }

  async redact(eventId: string, { reason, now, archived = [] }: RedactionOrder): Promise<Erased> {
    const erased = await this.#db.write(['journal', 'classes'], async (tx) => {
      const found = await tracesOf(tx, eventId, archived);
      if (found.earlier === null) await tx.run(sql.INSERT_REDACTION, { eventId, now, reason });
      const seqs = found.revisions.map(({ seq }) => seq);
      await withCounters(tx, seqs, () => erase(tx, found.revisions, reason, now));
      await tx.run(sql.ERASE_CONFLICTS, { eventId });
      await tx.run(sql.ERASE_AUDITS, { eventId });
      return { ...found, answers: await eraseAnswers(tx, seqs, found.event.content) };
    });
    step('redact.recorded');
    return erased;
  }
}

async function tracesOf(
  queries: Queries,
  eventId: string,
  archived: readonly Buffer[],
): Promise<Traces> {
  const revisions = await queries.all<RevisionFound>(sql.REVISIONS, { eventId });
  const copies = await queries.get<Pick<Traces, 'conflicts' | 'audits'>>(sql.COPIES_ELSEWHERE, {
    eventId,
  });
  const earlier = await queries.get<NonNullable<Traces['earlier']>>(sql.FIND_REDACTION, {
    eventId,
  });
  const { conflicts = 0, audits = 0 } = copies ?? {};
  if (revisions.length === 0 && audits === 0 && earlier === undefined)
    throw new UnknownEventError(eventId);
  const seqs = revisions.map(({ seq }) => seq);
  const seenBy = await queries.all<SeenBy>(sql.SEEN_BY, { seqs });
  const importedFrom = await queries.all<{ path: string }>(sql.IMPORTED_FROM, { seqs });
  return {
    revisions,
    conflicts,
    audits,
    seenBy: seenBy.map((row) => ({ ...row, canonical_url: shownAddress(row.canonical_url) })),
    earlier: earlier ?? null,
    importedFrom: importedFrom.map(({ path }) => path),
    event: erasedEvent(eventId, await contentsOf(queries, eventId, revisions, archived)),
  };
}

async function contentsOf(
  queries: Queries,
  eventId: string,
  revisions: readonly RevisionFound[],
  archived: readonly Buffer[],
) {
  const copies = await queries.all<{ bytes: Buffer }>(sql.COPIED_BYTES, { eventId });
  const seqs = revisions.map(({ seq }) => seq);
  const last = await queries.get<{ at: number | null }>(sql.LAST_ATTEMPT, { seqs });
  return {
    revisions,
    archived,
    copies: copies.map(({ bytes }) => bytes),
    lastAttemptAt: last?.at ?? null,
  };
}

/** What was purged or archived becomes redacted as well: a restore never brings it back. */
async function erase(
  tx: Transaction,
  revisions: readonly RevisionTrace[],
  reason: string,
  at: number,
): Promise<void> {
  const open = revisions.filter(({ kind }) => kind !== 'redact');
  const seqs = open.map(({ seq }) => seq);
  if (seqs.length === 0) return;
  const here = open.flatMap(({ seq, bytes }) => (bytes === null ? [] : [{ seq, bytes }]));
  const away = open.filter(({ bytes }) => bytes === null);
  await tx.run(sql.PURGES_BECOME_REDACTIONS, { seqs: away.map(({ seq }) => seq), at, reason });
  await tx.run(INSERT_PURGES, {
    seqs: here.map(({ seq }) => seq),
    digests: here.map(({ bytes }) => canonicalDigest(bytes)),
    kind: 'redact',
    at,
    detail: reason,
  });
  await tx.run(sql.MARK_REDACTED, { seqs, at });
  await tx.run(REMOVE_LIVE, { seqs });
  await tx.run(REMOVE_TODO, { seqs });
  await tx.run(sql.FORGET_KEYS, { seqs });
  await tx.run(DELETE_PAYLOADS, { seqs });
}
