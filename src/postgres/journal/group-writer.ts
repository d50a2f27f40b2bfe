import type { AppendVerdict, AuditNote, EventSource, NewEvent } from '../../journal/new-event.js';
import { canonicalDigest } from '../../json/canonical.js';
import { noteArrivals } from '../edges/note-arrivals.js';
import type { Transaction } from '../transaction.js';
import { coalesce, countMoved, removeLive, supersede } from './coalesce.js';
import { type EventRow, insertEvents } from './event-rows.js';
import * as sql from './journal.sql.js';
import type { OriginIds } from './origin-ids.js';
import { type CurrentRow, currentOf, type Pair, SameContent } from './same-content.js';
import { storableEvent } from './storable-event.js';

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

/** What a conflict record says beside the two payloads. */
export interface ConflictNote {
  /** Digest of the old queue file, or the id of the archive. */
  readonly sourceDigest: string | null;
  /** Epoch milliseconds; else the time of the event's capture. */
  readonly foundAt?: number;
}

interface InForceRow {
  readonly seq: number;
  readonly revision: number;
  readonly originId: number;
  readonly size: number;
}

/** What one statement inserts at most. */
const MOST_EVENTS = 2_000;
const MOST_BYTES = 8 * 1024 * 1024;

const AUDITED: Written = { verdict: 'audited', seq: null, conflictId: null };

/** Where a group comes from, and what is known of it. */
export interface GroupContext {
  readonly source: EventSource;
  readonly origins: OriginIds;
  readonly note?: ConflictNote;
  readonly content?: SameContent;
}

/** Writes groups in a transaction that holds the lock of the journal. */
export class GroupWriter {
  readonly #tx: Transaction;
  readonly #source: EventSource;
  readonly #origins: OriginIds;
  readonly #note: ConflictNote;
  readonly #content: SameContent;
  #head: number;

  constructor(tx: Transaction, { source, origins, note, content }: GroupContext) {
    this.#tx = tx;
    this.#source = source;
    this.#origins = origins;
    this.#note = note ?? { sourceDigest: null };
    this.#content = content ?? new SameContent(Number.POSITIVE_INFINITY);
    this.#head = tx.head;
  }

  /** Writes events in their order; the results have the same. */
  async write(events: readonly NewEvent[]): Promise<Written[]> {
    const written: Written[] = [];
    for (const part of partsOf(events.map(storableEvent)))
      written.push(...(await this.#writePart(part)));
    await noteArrivals(this.#tx, events, written);
    return written;
  }

  /**
   * Makes another content for a known id its next revision. The one in force is marked
   * replaced, or only superseded where it was not live any more; its row and bytes
   * stay. The transaction holds the lock `classes`, too.
   */
  async writeRevision(given: NewEvent, now: number): Promise<NewRevision> {
    const event = storableEvent(given);
    const current = await this.#tx.get<InForceRow>(sql.FIND_IN_FORCE, { eventId: event.eventId });
    if (current === undefined) throw new Error(`${event.eventId} has no revision to replace`);
    const revision = current.revision + 1;
    await this.#origins.resolve(this.#tx, [event]);
    const row = this.#rowOf(event, revision);
    await this.#insert([row]);
    const from = await this.#replace(current, row.seq, now);
    return { seq: row.seq, revision, replaced: current.seq, from };
  }

  /** The class it had, if it could be selected, or come to be again by a restore. */
  async #replace(
    { originId, seq: old }: InForceRow,
    by: number,
    now: number,
  ): Promise<ReplacedClass> {
    const removed = await removeLive(this.#tx, [old]);
    if (removed.length > 0) {
      const mark = { class: 'replaced', seqs: [old], others: [by], ats: [now] };
      await this.#tx.run(sql.INSERT_MARKS, mark);
      await countMoved(this.#tx, removed, 'live', 'replaced');
      return 'live';
    }
    await supersede(this.#tx, [{ seq: old, by }]);
    const moved = { seq: by, at: now, replaced: old };
    if ((await this.#tx.run(sql.ARCHIVED_TO_REPLACED, moved)) === 0) return null;
    for (const [name, sign] of [
      ['archived', -1],
      ['replaced', 1],
    ] as const) {
      const counts = { originIds: [originId], events: [sign], retained: [0], bytes: [0] };
      await this.#tx.run(sql.COUNT_MOVED, { class: name, ...counts });
    }
    return 'archived';
  }

  async #writePart(events: readonly NewEvent[]): Promise<Written[]> {
    for (const event of events)
      if (event.audit !== null) await this.#writeAudit(event, event.audit);
    const journaled = events.filter(({ audit }) => audit?.action !== 'discarded');
    const known = await this.#compared(journaled);
    const earlier = await this.#earlierRevisions(journaled, known);
    await this.#origins.resolve(this.#tx, journaled);

    const rows: EventRow[] = [];
    const own = new Map<string, EventRow>();
    const results: (Written | ConflictToKeep)[] = [];
    for (const event of events) {
      if (event.audit?.action === 'discarded') {
        results.push(AUDITED);
        continue;
      }
      const first = own.get(event.eventId);
      const stored = known.get(event.eventId);
      if (first === undefined && stored === undefined) {
        const row = this.#rowOf(event);
        rows.push(row);
        own.set(event.eventId, row);
        results.push({ verdict: 'captured', seq: row.seq, conflictId: null });
      } else results.push(this.#known(event, first, stored, earlier));
    }
    await this.#insert(rows);
    return this.#keepConflicts(results);
  }

  /** An event whose id is known: of this group, or stored before. */
  #known(
    event: NewEvent,
    first: EventRow | undefined,
    stored: CurrentRow | undefined,
    earlier: ReadonlyMap<string, number>,
  ): Written | ConflictToKeep {
    const current = stored ?? { seq: first?.seq ?? 0, sha256: first?.event.sha256 ?? event.sha256 };
    const isSame =
      current.sha256.equals(event.sha256) ||
      (first === undefined
        ? this.#content.isSame([current, event])
        : canonicalDigest(first.event.bytes).equals(canonicalDigest(event.bytes)));
    const equal = isSame ? current.seq : earlier.get(revisionKey(event.eventId, event.sha256));
    if (equal !== undefined) return { verdict: 'duplicate', seq: equal, conflictId: null };
    return { current, event };
  }

  /** The stored revisions in force; those with other bytes are compared by value. */
  async #compared(events: readonly NewEvent[]): Promise<Map<string, CurrentRow>> {
    const known = await currentOf(this.#tx, [...new Set(events.map(({ eventId }) => eventId))]);
    const pairs = events.flatMap((event): Pair[] => {
      const current = known.get(event.eventId);
      return current === undefined || current.sha256.equals(event.sha256) ? [] : [[current, event]];
    });
    await this.#content.compare(this.#tx, pairs);
    return known;
  }

  /** An old file may hold what an operator has replaced since: that was decided already. */
  async #earlierRevisions(
    events: readonly NewEvent[],
    known: ReadonlyMap<string, CurrentRow>,
  ): Promise<Map<string, number>> {
    if (this.#source !== 'import') return new Map();
    const eventIds = events.map(({ eventId }) => eventId).filter((id) => known.has(id));
    if (eventIds.length === 0) return new Map();
    const rows = await this.#tx.all<CurrentRow & { eventId: string }>(sql.FIND_REVISION, {
      eventIds,
    });
    return new Map(rows.map(({ eventId, sha256, seq }) => [revisionKey(eventId, sha256), seq]));
  }

  #rowOf(event: NewEvent, revision = 1): EventRow {
    this.#head += 1;
    return { seq: this.#head, revision, originId: this.#origins.of(event), event };
  }

  async #insert(rows: readonly EventRow[]): Promise<void> {
    await insertEvents(this.#tx, this.#source, rows);
    // What was spooled or imported may have left already, or arrives late.
    if (this.#source === 'capture') await coalesce(this.#tx, rows);
  }

  async #keepConflicts(results: readonly (Written | ConflictToKeep)[]): Promise<Written[]> {
    const written: Written[] = [];
    for (const result of results)
      written.push('verdict' in result ? result : await this.#keep(result));
    return written;
  }

  /** A conflict that is known adds nothing: its bytes are kept already. */
  async #keep({ current, event }: ConflictToKeep): Promise<Written> {
    const key = { eventId: event.eventId, incomingSha256: event.sha256 };
    const known = await this.#tx.get<{ id: number }>(sql.FIND_CONFLICT, key);
    const kept =
      known ??
      (await this.#tx.get<{ id: number }>(sql.INSERT_CONFLICT, {
        ...key,
        existingSeq: current.seq,
        existingSha256: current.sha256,
        bytes: event.bytes,
        eventType: event.eventType,
        // The note names the archive; the table knows three ways in.
        foundBy: this.#source === 'archive' ? 'capture' : this.#source,
        sourceDigest: this.#note.sourceDigest,
        foundAt: this.#note.foundAt ?? event.capturedAt,
      }));
    return { verdict: 'conflict', seq: current.seq, conflictId: kept?.id ?? null };
  }

  async #writeAudit(event: NewEvent, note: AuditNote): Promise<void> {
    const keepsBytes = note.action === 'discarded';
    const { bytes, sha256: _digest, audit: _note, arrival: _way, ...details } = event;
    await this.#tx.run(sql.INSERT_AUDIT, {
      at: event.capturedAt,
      action: note.action,
      eventId: event.eventId,
      eventType: event.eventType,
      family: note.family,
      reason: note.reason,
      bytes: keepsBytes ? bytes : null,
      details: keepsBytes ? JSON.stringify(details) : null,
    });
  }
}

/** An event with another content for a known id, before its record is written. */
interface ConflictToKeep {
  readonly current: CurrentRow;
  readonly event: NewEvent;
}

const revisionKey = (eventId: string, sha256: Buffer): string =>
  `${sha256.toString('latin1')} ${eventId}`;

function* partsOf(events: readonly NewEvent[]): Generator<NewEvent[]> {
  let part: NewEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    if (
      part.length === MOST_EVENTS ||
      (part.length > 0 && bytes + event.bytes.length > MOST_BYTES)
    ) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += event.bytes.length;
  }
  if (part.length > 0) yield part;
}
