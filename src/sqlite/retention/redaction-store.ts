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
import { withCounters } from './census.js';
import { eraseAnswers } from './erasing-answers.js';
import { overwriteDeleted } from './journal-space.js';
import * as sql from './retention.sql.js';

/** RedactionStore on SQLite. */
export class SqliteRedaction implements RedactionStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async revisions(eventId: string): Promise<readonly RevisionTrace[]> {
    return this.#revisions(eventId);
  }

  async traces(eventId: string, archived: readonly Buffer[] = []): Promise<Traces> {
    return this.#db.read(() => this.#read(eventId, archived));
  }

  async sameBytes({ eventId, digests }: ErasedEvent, span: SeqSpan): Promise<string[]> {
    const rows = this.#db
      .statement<[object], { eventId: string }>(sql.SAME_BYTES)
      .all({ ...span, eventId, digests: JSON.stringify([...digests]) });
    return rows.map((row) => row.eventId);
  }

  async redact(eventId: string, { reason, now, archived = [] }: RedactionOrder): Promise<Erased> {
    await overwriteDeleted(this.#db);
    const traces = await this.#db.write(() => {
      const found = this.#read(eventId, archived);
      if (found.earlier === null)
        this.#db.statement(sql.INSERT_REDACTION).run(eventId, now, reason);
      const seqs = found.revisions.map(({ seq }) => seq);
      withCounters(this.#db, seqs, () => {
        for (const revision of found.revisions) this.#erase(revision, reason, now);
      });
      this.#db.statement(sql.ERASE_CONFLICTS).run(eventId);
      this.#db.statement(sql.ERASE_AUDITS).run(eventId);
      return { ...found, answers: eraseAnswers(this.#db, seqs, found.event.content) };
    });
    step('redact.recorded');
    return traces;
  }

  #revisions(eventId: string): RevisionFound[] {
    return this.#db.statement(sql.REVISIONS).all(eventId) as RevisionFound[];
  }

  #read(eventId: string, archived: readonly Buffer[]): Traces {
    const revisions = this.#revisions(eventId);
    const copies = this.#db.statement(sql.COPIES_ELSEWHERE).get({ eventId }) as {
      conflicts: number;
      audits: number;
    };
    const earlier = this.#db.statement(sql.FIND_REDACTION).get(eventId) as Traces['earlier'];
    if (revisions.length === 0 && copies.audits === 0 && earlier === undefined)
      throw new UnknownEventError(eventId);
    const seqs = JSON.stringify(revisions.map(({ seq }) => seq));
    const rows = this.#db.statement(sql.SEEN_BY).all(seqs) as SeenBy[];
    const seenBy = rows.map((row) => ({
      ...row,
      canonical_url: shownAddress(row.canonical_url),
    }));
    const importedFrom = this.#db
      .statement<[string], { path: string }>(sql.IMPORTED_FROM)
      .all(seqs);
    return {
      revisions,
      ...copies,
      seenBy,
      earlier: earlier ?? null,
      importedFrom: importedFrom.map(({ path }) => path),
      event: erasedEvent(eventId, this.#contentsOf(eventId, revisions, archived)),
    };
  }

  #contentsOf(eventId: string, revisions: readonly RevisionFound[], archived: readonly Buffer[]) {
    const copies = this.#db.statement(sql.COPIED_BYTES).all({ eventId }) as { bytes: Buffer }[];
    const seqs = JSON.stringify(revisions.map(({ seq }) => seq));
    const { at } = this.#db.statement(sql.LAST_ATTEMPT).get(seqs) as { at: number | null };
    return { revisions, archived, copies: copies.map(({ bytes }) => bytes), lastAttemptAt: at };
  }

  /** What was purged or archived becomes redacted as well: a restore never brings it back. */
  #erase({ seq, kind, bytes }: RevisionTrace, reason: string, at: number): void {
    if (kind === 'redact') return;
    if (bytes === null) this.#db.statement(sql.PURGE_BECOMES_REDACTION).run(at, reason, seq);
    else
      this.#db.statement(sql.INSERT_PURGE).run(seq, 'redact', at, canonicalDigest(bytes), reason);
    this.#db.statement(sql.MARK_REDACTED).run({ seq, at });
    this.#db.statement(sql.REMOVE_LIVE).run({ seq });
    this.#db.statement(sql.REMOVE_TODO).run({ seq });
    this.#db.statement(sql.FORGET_KEY).run(seq);
    this.#db.statement(sql.DELETE_PAYLOAD).run(seq);
  }
}
