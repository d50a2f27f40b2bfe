import { Pace, turn } from '../../base/pace.js';
import { piece } from '../../base/steps.js';
import type { NewEvent } from '../../journal/new-event.js';
import { canonicalDigest } from '../../json/canonical.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './journal.sql.js';

/** The revision in force of an event id. */
export interface CurrentRow {
  readonly seq: number;
  readonly sha256: Buffer;
}

/** Bytes that one transaction may compare by value: some milliseconds of work. */
const INLINE_BYTES = 64 * 1024;

/** Comparing two short payloads takes as long as it takes to look them up. */
const LEAST_BYTES = 1024;

/** A transaction would compare so much that it is better done before it. */
export class TooMuchToCompare extends Error {
  override readonly name = 'TooMuchToCompare';
}

/**
 * Whether incoming bytes say the same as the stored ones. Equal bytes decide it
 * fast; to compare by value takes long, and a group may be full of that, so what
 * exceeds a few milliseconds is done outside of the transaction, in turns.
 */
export class SameContent {
  readonly #db: JournalDatabase;
  readonly #known = new Map<string, boolean>();
  #left: number;

  constructor(db: JournalDatabase, inlineBytes = INLINE_BYTES) {
    this.#db = db;
    this.#left = inlineBytes;
  }

  /** @throws TooMuchToCompare, unless `lookAhead` was called before. */
  isSame(current: CurrentRow, event: NewEvent): boolean {
    if (current.sha256.equals(event.sha256)) return true;
    const known = this.#known.get(keyOf(current, event));
    if (known !== undefined) return known;
    this.#left -= Math.max(event.bytes.length, LEAST_BYTES);
    if (this.#left < 0) throw new TooMuchToCompare();
    return this.#compare(current, event);
  }

  /** Compares the events of a group with what is stored now; others get turns meanwhile. */
  async lookAhead(events: readonly NewEvent[]): Promise<void> {
    await turn();
    const pace = new Pace();
    piece('journal.comparing');
    for (const event of events) {
      const current = this.#db.statement<[string], CurrentRow>(sql.FIND_CURRENT).get(event.eventId);
      if (current !== undefined && !current.sha256.equals(event.sha256))
        this.#known.set(keyOf(current, event), this.#compare(current, event));
      if (pace.isDue) await pace.step();
    }
    this.#left = Number.POSITIVE_INFINITY;
  }

  #compare(current: CurrentRow, event: NewEvent): boolean {
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
}

const keyOf = (current: CurrentRow, event: NewEvent): string =>
  `${current.seq} ${event.sha256.toString('latin1')}`;
