import type {
  AppendVerdict,
  AuditNote,
  EventOrigin,
  EventSource,
  NewEvent,
} from '../../journal/new-event.js';
import { noteArrivals } from '../edges/note-arrivals.js';
import type { JournalDatabase } from '../journal-database.js';
import { EXCLUDED_NO_LONGER } from '../ledger/start.sql.js';
import { fileRecent } from './filing.js';
import { FILE_AFTER } from './filing.sql.js';
import * as sql from './journal.sql.js';
import { isRefused, NewRows } from './new-rows.js';
import { type CurrentRow, SameContent } from './same-content.js';

const FIRST_REVISION = 1;

const AUDITED: Written = { verdict: 'audited', seq: null, conflictId: null };

/** Nothing has to be decided about it, and no other row goes with it. */
const isPlain = ({ audit, coalesceKey }: NewEvent): boolean =>
  audit === null && coalesceKey === null;

const captured = (seq: number): Written => ({ verdict: 'captured', seq, conflictId: null });

/** What became of one event, and which rows say so. */
export interface Written {
  readonly verdict: AppendVerdict;
  /** The row it became, equals, or differs from; null when it is in the audit log alone. */
  readonly seq: number | null;
  readonly conflictId: number | null;
}

/** A revision that took the place of the one in force. */
export interface NewRevision {
  readonly seq: number;
  readonly revision: number;
  /** The row it took the place of. */
  readonly replaced: number;
  readonly from: ReplacedClass;
}

/** The class a replaced row left; null when it keeps the one it has. */
export type ReplacedClass = 'live' | 'archived' | null;

interface InForceRow {
  readonly seq: number;
  readonly revision: number;
  readonly originId: number;
  readonly size: number;
}

/** What a conflict record says beside the two payloads. */
export interface ConflictNote {
  /** Digest of the old queue file, or the id of the archive. */
  readonly sourceDigest: string | null;
  /** Epoch milliseconds; else the time of the event's capture. */
  readonly foundAt?: number;
}

/** Writes one group inside a transaction that its caller holds. */
export class GroupWriter {
  readonly newOrigins = new Map<string, number>();
  readonly #db: JournalDatabase;
  readonly #source: EventSource;
  readonly #knownOrigins: ReadonlyMap<string, number>;
  readonly #note: ConflictNote;
  readonly #content: SameContent;
  readonly #rows: NewRows;
  /** Events of one capture share their origin objects. */
  readonly #idOfOrigin = new Map<EventOrigin, Map<string, number>>();
  /** The numbers that this group has given, while they are not filed. */
  #given: { readonly first: number; readonly last: number } | undefined;

  constructor(
    db: JournalDatabase,
    source: EventSource,
    origins: ReadonlyMap<string, number>,
    note: ConflictNote = { sourceDigest: null },
    content = new SameContent(db, Number.POSITIVE_INFINITY),
  ) {
    this.#content = content;
    this.#db = db;
    this.#source = source;
    this.#knownOrigins = origins;
    this.#note = note;
    this.#rows = new NewRows(db, source);
  }

  /** A second try after a failed BEGIN starts from nothing, as `write` runs only once a transaction is open. */
  write(events: readonly NewEvent[]): AppendVerdict[] {
    const written: Written[] = [];
    while (events.length - written.length >= sql.ROWS) {
      const next = events.slice(written.length, written.length + sql.ROWS);
      const first = this.#insertNew(next);
      for (const [index, event] of next.entries())
        written.push(first === undefined ? this.writeOne(event) : captured(first + index));
    }
    for (let index = written.length; index < events.length; index += 1)
      written.push(this.#writeLikelyNew(events[index] as NewEvent));
    this.finish();
    if (events.some(({ arrival }) => arrival !== undefined))
      noteArrivals(this.#db, events, written);
    return written.map(({ verdict }) => verdict);
  }

  /** Does not look for the event first: the journal refuses an id that it has. */
  #writeLikelyNew(event: NewEvent): Written {
    // A duplicate makes no origin.
    const originId = isPlain(event) ? this.#knownOriginId(event) : undefined;
    if (originId === undefined) return this.writeOne(event);
    let seq: number;
    try {
      seq = this.#insertEvent(event, FIRST_REVISION, originId);
    } catch (error) {
      if (isRefused(error)) return this.writeOne(event);
      throw error;
    }
    this.#complete(event, seq, originId);
    return captured(seq);
  }

  /** For groups too large to be held; `finish` comes after the last one, in the same transaction. */
  writeOne(event: NewEvent): Written {
    if (event.audit !== null) this.#writeAudit(event, event.audit);
    if (event.audit?.action === 'discarded') return AUDITED;
    const current = this.#db.statement<[string], CurrentRow>(sql.FIND_CURRENT).get(event.eventId);
    if (current === undefined) return captured(this.#insert(event));
    const equal = this.#content.isSame(current, event) ? current.seq : this.#earlierRevision(event);
    if (equal !== undefined) return { verdict: 'duplicate', seq: equal, conflictId: null };
    const conflictId = this.#keepConflict(current, event);
    return { verdict: 'conflict', seq: current.seq, conflictId };
  }

  /**
   * Makes another content for a known id its next revision. The one in force
   * is marked replaced, or only superseded where it was not live any more; its
   * row and bytes stay.
   */
  writeRevision(event: NewEvent, now: number): NewRevision {
    const current = this.#db.statement<[string], InForceRow>(sql.FIND_IN_FORCE).get(event.eventId);
    if (current === undefined) throw new Error(`${event.eventId} has no revision to replace`);
    const revision = current.revision + 1;
    const seq = this.#insert(event, revision);
    this.#file();
    return { seq, revision, replaced: current.seq, from: this.#replace(current, seq, now) };
  }

  /** The class it had, if it could be selected, or come to be again by a restore. */
  #replace({ originId, size, seq: old }: InForceRow, seq: number, now: number): ReplacedClass {
    if (this.#removeLive(originId, old)) {
      this.#db.statement(sql.MARK_REPLACED).run(old, seq, now);
      this.#countMove(originId, size, 'replaced');
      return 'live';
    }
    this.#db.statement(sql.MARK_SUPERSEDED).run(old, seq);
    if (this.#db.statement(sql.ARCHIVED_TO_REPLACED).run(seq, now, old).changes === 0) return null;
    const move = this.#db.statement(sql.COUNT_MOVED_EMPTY);
    move.run({ originId, class: 'archived', events: -1 });
    move.run({ originId, class: 'replaced', events: 1 });
    return 'archived';
  }

  /** Where a target counts it as excluded, it does so no longer. */
  #removeLive(originId: number, seq: number): boolean {
    if (this.#db.statement(sql.REMOVE_LIVE).run(originId, seq).changes === 0) return false;
    this.#db.statement(EXCLUDED_NO_LONGER).run({ originId, seq });
    return true;
  }

  #countMove(originId: number, size: number, to: 'coalesced' | 'replaced'): void {
    const move = this.#db.statement(sql.COUNT_MOVED);
    move.run({ originId, class: 'live', events: -1, bytes: -size });
    move.run({ originId, class: to, events: 1, bytes: size });
  }

  /** Files what was written; of captures only where a stretch of `FILE_AFTER` numbers is full. */
  finish(): void {
    if (this.#given === undefined) return;
    const { first, last } = this.#given;
    const isFull = Math.floor(last / FILE_AFTER) > Math.floor((first - 1) / FILE_AFTER);
    if (this.#source !== 'capture' || isFull) this.#file();
  }

  #file(): void {
    fileRecent((statement) => this.#db.statement(statement));
    this.#given = undefined;
  }

  /** An old file may hold what an operator has replaced since: that was decided already. */
  #earlierRevision(event: NewEvent): number | undefined {
    if (this.#source !== 'import') return undefined;
    return this.#db
      .statement<[string, Buffer], { seq: number }>(sql.FIND_REVISION)
      .get(event.eventId, event.sha256)?.seq;
  }

  /** The number of the first, where all of them are new and nothing else is to be said of one. */
  #insertNew(events: readonly NewEvent[]): number | undefined {
    if (!events.every(isPlain)) return undefined;
    const head = this.#given?.last ?? (this.#db.statement(sql.HEAD).get() as { head: number }).head;
    const origins = events.map((event) => this.#originId(event));
    if (!this.#rows.insert(head + 1, events, origins)) return undefined;
    this.#give(head + 1, head + events.length);
    return head + 1;
  }

  #give(first: number, last: number): void {
    this.#given = { first: this.#given?.first ?? first, last };
  }

  #insert(event: NewEvent, revision = FIRST_REVISION): number {
    const originId = this.#originId(event);
    const seq = this.#insertEvent(event, revision, originId);
    this.#complete(event, seq, originId);
    return seq;
  }

  #insertEvent(event: NewEvent, revision: number, originId: number): number {
    const { lastInsertRowid: seq } = this.#db
      .statement(sql.INSERT_EVENT)
      .run(
        event.eventId,
        revision,
        event.eventType,
        originId,
        this.#source,
        event.timestamp,
        event.occurredAt,
        event.capturedAt,
        event.producerUser,
        event.producerTeam,
        event.blockedReason,
        event.carriesId ? 1 : 0,
        event.undeliverable,
        event.sha256,
        event.bytes.length,
      );
    return Number(seq);
  }

  /** Gives an event that is inserted its bytes, and takes its key into account. */
  #complete(event: NewEvent, seq: number, originId: number): void {
    this.#db.statement(sql.INSERT_PAYLOAD).run(seq, event.bytes);
    this.#give(seq, seq);
    // What was spooled or imported may have left already, or arrives late.
    if (event.coalesceKey !== null && this.#source === 'capture')
      this.#coalesce(event.coalesceKey, { seq, originId, at: event.capturedAt });
  }

  /**
   * The earlier event of the key is taken back if no drain ever claimed it;
   * this runs in the transaction of the insert, so a claim comes entirely before
   * or entirely after. Bytes never change either way.
   */
  #coalesce(key: string, later: { seq: number; originId: number; at: number }): void {
    const earlier = this.#db
      .statement<[string], { seq: number }>(sql.FIND_COALESCING)
      .get(key)?.seq;
    this.#db.statement(sql.HOLD_COALESCING).run(key, later.seq);
    if (earlier === undefined) return;
    this.#file(); // the earlier one may be of this very group
    const { originId } = later;
    const unsent = this.#db.statement(sql.FIND_UNSENT).get({ seq: earlier, originId });
    if (unsent === undefined) {
      this.#db.statement(sql.MARK_SUPERSEDED).run(earlier, later.seq);
      return;
    }
    const { size } = unsent as { size: number };
    this.#removeLive(originId, earlier);
    this.#db.statement(sql.MARK_COALESCED).run(earlier, later.seq, later.at);
    this.#countMove(originId, size, 'coalesced');
  }

  #writeAudit(event: NewEvent, note: AuditNote): void {
    const keepsBytes = note.action === 'discarded';
    const { bytes, sha256: _digest, audit: _note, arrival: _way, ...details } = event;
    this.#db
      .statement(sql.INSERT_AUDIT)
      .run(
        event.capturedAt,
        note.action,
        event.eventId,
        event.eventType,
        note.family,
        note.reason,
        keepsBytes ? bytes : null,
        keepsBytes ? JSON.stringify(details) : null,
      );
  }

  /** A conflict that is known adds nothing: its bytes are kept already. */
  #keepConflict(current: CurrentRow, event: NewEvent): number {
    const known = this.#db
      .statement<[string, Buffer], { id: number }>(sql.FIND_CONFLICT)
      .get(event.eventId, event.sha256);
    if (known !== undefined) return known.id;
    const { lastInsertRowid } = this.#db.statement(sql.INSERT_CONFLICT).run(
      event.eventId,
      current.seq,
      current.sha256,
      event.sha256,
      event.bytes,
      event.eventType,
      // The note names the archive; the table knows three ways in.
      this.#source === 'archive' ? 'capture' : this.#source,
      this.#note.sourceDigest,
      this.#note.foundAt ?? event.capturedAt,
    );
    return Number(lastInsertRowid);
  }

  #originId({ origin, eventType }: NewEvent): number {
    const known = this.#idOfOrigin.get(origin);
    let id = known?.get(eventType);
    if (id === undefined) {
      id = this.#lookUpOrigin(fieldsOf(origin, eventType));
      // An import may be longer than memory, and makes an object for every row.
      if (this.#source !== 'capture') return id;
      if (known === undefined) this.#idOfOrigin.set(origin, new Map([[eventType, id]]));
      else known.set(eventType, id);
    }
    return id;
  }

  #knownOriginId({ origin, eventType }: NewEvent): number | undefined {
    const key = keyOf(fieldsOf(origin, eventType));
    return this.#knownOrigins.get(key) ?? this.newOrigins.get(key);
  }

  #lookUpOrigin(fields: readonly string[]): number {
    const key = keyOf(fields);
    const known = this.#knownOrigins.get(key) ?? this.newOrigins.get(key);
    if (known !== undefined) return known;
    const found = this.#db.statement<string[], { id: number }>(sql.FIND_ORIGIN).get(...fields);
    const id =
      found?.id ?? Number(this.#db.statement(sql.INSERT_ORIGIN).run(...fields).lastInsertRowid);
    this.newOrigins.set(key, id);
    return id;
  }
}

const fieldsOf = (
  { projectUuid, repoSlug, checkout }: EventOrigin,
  eventType: string,
): readonly string[] => [projectUuid ?? '', repoSlug ?? '', checkout ?? '', eventType];

const keyOf = (fields: readonly string[]): string => fields.join('\0');
