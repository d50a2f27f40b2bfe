import { hash } from 'node:crypto';
import { shownAddress } from '../../address/shown-address.js';
import { step } from '../../base/steps.js';
import { UnknownEventError } from '../../journal/unknown-event.js';
import { canonicalDigest } from '../../json/canonical.js';
import type { ErasedEvent } from '../../retention/erased-event.js';
import { RepeatedContent } from '../../retention/repeated-content.js';
import type { JournalDatabase } from '../journal-database.js';
import { withCounters } from './census.js';
import { eraseAnswers } from './erasing-answers.js';
import * as sql from './retention.sql.js';

/** One journal row of the event. */
export interface RevisionBytes {
  readonly seq: number;
  readonly size: number;
  readonly eventType: string;
  readonly sha256: Buffer;
  /** Why its bytes are gone; null while they are here. */
  readonly kind: 'gc' | 'archive' | 'redact' | null;
  /** The archive, or the reason of a redaction. */
  readonly detail: string | null;
  readonly bytes: Buffer | null;
  readonly class: string;
  readonly source: string;
}

/** Everything a redaction is about. */
export interface Traces {
  readonly revisions: readonly RevisionBytes[];
  /** Copies with bytes in conflict records and in the audit log. */
  readonly conflicts: number;
  readonly audits: number;
  /** Targets that were given the event, or are being given it now. */
  readonly seenBy: readonly {
    readonly target_id: number;
    readonly canonical_url: string;
    readonly status: string | null;
    readonly in_flight: 0 | 1;
  }[];
  /** The redaction on record, when there is one. */
  readonly earlier: { readonly at: number; readonly reason: string } | null;
  /** Old queue files that rows of it were imported from. */
  readonly importedFrom: readonly string[];
  readonly event: ErasedEvent;
}

/** What a redaction changed in the journal's file, beside what it found. */
export interface Erased extends Traces {
  /** Texts of servers that spoke of the event, or repeated it. */
  readonly answers: number;
}

/** Erases the bytes of one event id: of each revision, and of every copy the journal's file holds. */
export class SqliteRedaction {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  /**
   * Where the bytes of an event are. Reads only. `archived` are contents that
   * archives still hold.
   *
   * @throws UnknownEventError when neither journal nor audit log knows the id.
   */
  traces(eventId: string, archived: readonly Buffer[] = []): Traces {
    return this.#db.read(() => this.#read(eventId, archived));
  }

  /**
   * Records the redaction and erases, in one transaction. Delivered, waiting or
   * in flight makes no difference; ledger rows stay. Running it again erases
   * copies that came in since.
   */
  async redact(
    eventId: string,
    { reason, now, archived = [] }: { reason: string; now: number; archived?: readonly Buffer[] },
  ): Promise<Erased> {
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

  #read(eventId: string, archived: readonly Buffer[]): Traces {
    const revisions = this.#db.statement(sql.REVISIONS).all(eventId) as RevisionBytes[];
    const copies = this.#db.statement(sql.COPIES_ELSEWHERE).get({ eventId }) as {
      conflicts: number;
      audits: number;
    };
    const earlier = this.#db.statement(sql.FIND_REDACTION).get(eventId) as Traces['earlier'];
    if (revisions.length === 0 && copies.audits === 0 && earlier === undefined)
      throw new UnknownEventError(eventId);
    const seqs = JSON.stringify(revisions.map(({ seq }) => seq));
    const rows = this.#db.statement(sql.SEEN_BY).all(seqs) as Traces['seenBy'];
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
      event: this.#eventOf(eventId, revisions, archived),
    };
  }

  #eventOf(
    eventId: string,
    revisions: readonly RevisionBytes[],
    archived: readonly Buffer[],
  ): ErasedEvent {
    const copies = this.#db.statement(sql.COPIED_BYTES).all({ eventId }) as { bytes: Buffer }[];
    const own = revisions.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
    const payloads = [...own, ...archived, ...copies.map(({ bytes }) => bytes)];
    // Of an earlier redaction everything was erased then, while the bytes were known.
    const lost = revisions.filter(({ kind }) => kind === 'gc' || kind === 'archive').length;
    const kept = [eventId, ...revisions.map(({ eventType }) => eventType)];
    const digests = [
      ...revisions.map(({ sha256 }) => sha256.toString('hex')),
      ...payloads.map((bytes) => hash('sha256', bytes, 'hex')),
    ];
    const seqs = JSON.stringify(revisions.map(({ seq }) => seq));
    const { at } = this.#db.statement(sql.LAST_ATTEMPT).get(seqs) as { at: number | null };
    return {
      eventId,
      digests: new Set(digests),
      payloads,
      content: new RepeatedContent(payloads, { kept, known: lost <= archived.length }),
      lastAttemptAt: at,
    };
  }

  /** What was purged or archived becomes redacted as well: a restore never brings it back. */
  #erase({ seq, kind, bytes }: RevisionBytes, reason: string, at: number): void {
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
