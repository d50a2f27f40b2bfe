import { UnknownEventError } from '../journal/unknown-event.js';
import { canonicalDigest } from '../json/canonical.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import { step } from '../storage/steps.js';
import { withCounters } from './census.js';
import * as sql from './retention.sql.js';

/** One journal row of the event. */
export interface RevisionBytes {
  readonly seq: number;
  readonly size: number;
  /** Why its bytes are gone; null while they are here. */
  readonly kind: 'gc' | 'archive' | 'redact' | null;
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
}

/** Erases the bytes of one event id: of each revision, and of every copy the journal's file holds. */
export class SqliteRedaction {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  /**
   * Where the bytes of an event are. Reads only.
   *
   * @throws UnknownEventError when neither journal nor audit log knows the id.
   */
  traces(eventId: string): Traces {
    return this.#db.read(() => this.#read(eventId));
  }

  /**
   * Records the redaction and erases, in one transaction. Delivered, waiting or
   * in flight makes no difference; ledger rows stay. Running it again erases
   * copies that came in since.
   */
  async redact(eventId: string, reason: string, now: number): Promise<Traces> {
    const traces = await this.#db.write(() => {
      const found = this.#read(eventId);
      if (found.earlier === null)
        this.#db.statement(sql.INSERT_REDACTION).run(eventId, now, reason);
      const seqs = found.revisions.map(({ seq }) => seq);
      withCounters(this.#db, seqs, () => {
        for (const revision of found.revisions) this.#erase(revision, reason, now);
      });
      this.#db.statement(sql.ERASE_CONFLICTS).run(eventId);
      this.#db.statement(sql.ERASE_AUDITS).run(eventId);
      return found;
    });
    step('redact.recorded');
    return traces;
  }

  #read(eventId: string): Traces {
    const revisions = this.#db.statement(sql.REVISIONS).all(eventId) as RevisionBytes[];
    const copies = this.#db.statement(sql.COPIES_ELSEWHERE).get({ eventId }) as {
      conflicts: number;
      audits: number;
    };
    const earlier = this.#db.statement(sql.FIND_REDACTION).get(eventId) as Traces['earlier'];
    if (revisions.length === 0 && copies.audits === 0 && earlier === undefined)
      throw new UnknownEventError(eventId);
    const seqs = JSON.stringify(revisions.map(({ seq }) => seq));
    const seenBy = this.#db.statement(sql.SEEN_BY).all(seqs) as Traces['seenBy'];
    return { revisions, ...copies, seenBy, earlier: earlier ?? null };
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
