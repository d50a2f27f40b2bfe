import { canonicalDigest } from '../json/canonical.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import { step } from '../storage/steps.js';
import * as sql from './journal.sql.js';
import type {
  AppendVerdict,
  AuditNote,
  EventJournal,
  EventOrigin,
  EventSource,
  NewEvent,
} from './new-event.js';

interface CurrentRow {
  seq: number;
  sha256: Buffer;
}

/** What one group adds to an origin, counted once per group instead of once per row. */
interface Tally {
  events: number;
  bytes: number;
}

/** The journal on SQLite. Appending is all it can do to events. */
export class SqliteJournal implements EventJournal {
  readonly #db: JournalDatabase;
  /** Ids of origins known to be committed. */
  readonly #origins = new Map<string, number>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async append(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]> {
    const group = new GroupWriter(this.#db, source, this.#origins);
    const verdicts = await this.#db.write(() => group.write(events));
    this.#rememberOrigins(group);
    step('journal.appended');
    return verdicts;
  }

  async appendSpooled(
    file: string,
    events: readonly NewEvent[],
    problems: readonly string[],
  ): Promise<AppendVerdict[] | undefined> {
    const group = new GroupWriter(this.#db, 'spool', this.#origins);
    const verdicts = await this.#db.write(() => {
      const notes = problems.length === 0 ? null : JSON.stringify(problems);
      const claimed = this.#db
        .statement(sql.CLAIM_SPOOL_FILE)
        .run(file, Date.now(), events.length, notes);
      return claimed.changes === 0 ? undefined : group.write(events);
    });
    if (verdicts !== undefined) this.#rememberOrigins(group);
    step('journal.spool-appended');
    return verdicts;
  }

  async countDiscarded(families: ReadonlyMap<string, number>): Promise<void> {
    await this.#db.write(() => {
      const count = this.#db.statement(sql.COUNT_DISCARDED);
      for (const [family, events] of families) count.run(family, events);
    });
  }

  /** Only after COMMIT: an origin of a rolled back group does not exist. */
  #rememberOrigins(group: GroupWriter): void {
    for (const [key, id] of group.newOrigins) this.#origins.set(key, id);
  }
}

/** Writes one group inside a transaction that its caller holds. */
class GroupWriter {
  readonly newOrigins = new Map<string, number>();
  readonly #db: JournalDatabase;
  readonly #source: EventSource;
  readonly #knownOrigins: ReadonlyMap<string, number>;
  readonly #tallies = new Map<number, Tally>();

  constructor(db: JournalDatabase, source: EventSource, origins: ReadonlyMap<string, number>) {
    this.#db = db;
    this.#source = source;
    this.#knownOrigins = origins;
  }

  /** A second try after a failed BEGIN starts from nothing, as `write` runs only once a transaction is open. */
  write(events: readonly NewEvent[]): AppendVerdict[] {
    const verdicts = events.map((event) => this.#writeOne(event));
    const count = this.#db.statement(sql.COUNT_CAPTURED);
    for (const [originId, tally] of this.#tallies) count.run({ originId, ...tally });
    return verdicts;
  }

  #writeOne(event: NewEvent): AppendVerdict {
    if (event.audit !== null) this.#writeAudit(event, event.audit);
    if (event.audit?.action === 'discarded') return 'audited';
    const current = this.#db.statement<[string], CurrentRow>(sql.FIND_CURRENT).get(event.eventId);
    if (current === undefined) {
      this.#insert(event);
      return 'captured';
    }
    if (this.#sameContent(current, event)) return 'duplicate';
    this.#keepConflict(current, event);
    return 'conflict';
  }

  #insert(event: NewEvent): void {
    const originId = this.#originId(event.origin);
    const { lastInsertRowid: seq } = this.#db
      .statement(sql.INSERT_EVENT)
      .run(
        event.eventId,
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
    this.#db.statement(sql.INSERT_PAYLOAD).run(seq, event.bytes);
    this.#db.statement(sql.INSERT_LIVE).run(originId, seq);
    this.#tally(originId, event.bytes.length);
    // What was spooled or imported may have left already, or arrives late.
    if (event.coalesceKey !== null && this.#source === 'capture')
      this.#coalesce(event.coalesceKey, { seq: Number(seq), originId, at: event.capturedAt });
  }

  /**
   * The earlier event of the key is taken back if no drain ever claimed it;
   * this runs in the transaction of the insert, so a claim comes wholly before
   * or wholly after. Bytes never change either way.
   */
  #coalesce(key: string, later: { seq: number; originId: number; at: number }): void {
    const earlier = this.#db
      .statement<[string], { seq: number }>(sql.FIND_COALESCING)
      .get(key)?.seq;
    this.#db.statement(sql.HOLD_COALESCING).run(key, later.seq);
    if (earlier === undefined) return;
    const { originId } = later;
    const unsent = this.#db.statement(sql.FIND_UNSENT).get({ seq: earlier, originId });
    if (unsent === undefined) {
      this.#db.statement(sql.MARK_SUPERSEDED).run(earlier, later.seq);
      return;
    }
    const { size } = unsent as { size: number };
    this.#db.statement(sql.REMOVE_LIVE).run(originId, earlier);
    this.#db.statement(sql.MARK_COALESCED).run(earlier, later.seq, later.at);
    const move = this.#db.statement(sql.COUNT_MOVED);
    move.run({ originId, class: 'live', events: -1, bytes: -size });
    move.run({ originId, class: 'coalesced', events: 1, bytes: size });
  }

  #writeAudit(event: NewEvent, note: AuditNote): void {
    const keepsBytes = note.action === 'discarded';
    const { bytes, sha256: _digest, audit: _note, ...details } = event;
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

  #tally(originId: number, bytes: number): void {
    const tally = this.#tallies.get(originId);
    if (tally === undefined) this.#tallies.set(originId, { events: 1, bytes });
    else {
      tally.events += 1;
      tally.bytes += bytes;
    }
  }

  /** Equality is by value, so equal bytes decide it fast and different bytes do not. */
  #sameContent(current: CurrentRow, event: NewEvent): boolean {
    if (current.sha256.equals(event.sha256)) return true;
    const incoming = canonicalDigest(event.bytes);
    const stored = this.#db
      .statement<[number], { bytes: Buffer }>(sql.FIND_PAYLOAD)
      .get(current.seq);
    if (stored !== undefined) return canonicalDigest(stored.bytes).equals(incoming);
    const purged = this.#db
      .statement<[number], { digest: Buffer }>(sql.FIND_PURGED_DIGEST)
      .get(current.seq);
    return purged?.digest.equals(incoming) === true;
  }

  /** The same conflict met again adds nothing: its bytes are kept already. */
  #keepConflict(current: CurrentRow, event: NewEvent): void {
    const known = this.#db.statement(sql.FIND_CONFLICT).get(event.eventId, event.sha256);
    if (known !== undefined) return;
    this.#db
      .statement(sql.INSERT_CONFLICT)
      .run(
        event.eventId,
        current.seq,
        current.sha256,
        event.sha256,
        event.bytes,
        event.eventType,
        this.#source,
        event.capturedAt,
      );
  }

  #originId(origin: EventOrigin): number {
    const fields = [origin.projectUuid ?? '', origin.repoSlug ?? '', origin.checkout ?? ''];
    const key = fields.join('\0');
    const known = this.#knownOrigins.get(key) ?? this.newOrigins.get(key);
    if (known !== undefined) return known;
    const found = this.#db.statement<string[], { id: number }>(sql.FIND_ORIGIN).get(...fields);
    const id =
      found?.id ?? Number(this.#db.statement(sql.INSERT_ORIGIN).run(...fields).lastInsertRowid);
    this.newOrigins.set(key, id);
    return id;
  }
}
