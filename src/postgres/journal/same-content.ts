import { Pace, turn } from '../../base/pace.js';
import { piece } from '../../base/steps.js';
import type { NewEvent } from '../../journal/new-event.js';
import { canonicalDigest } from '../../json/canonical.js';
import type { Queries } from '../transaction.js';
import * as sql from './journal.sql.js';

/** The revision in force of an event id. */
export interface CurrentRow {
  readonly seq: number;
  readonly sha256: Buffer;
}

/** A stored event, and one that came under its id with other bytes. */
export type Pair = readonly [current: CurrentRow, event: NewEvent];

/** Bytes that one transaction may compare by value: some milliseconds of work. */
const INLINE_BYTES = 64 * 1024;

/** Comparing two short payloads takes as long as it takes to look them up. */
const LEAST_BYTES = 1024;

/** Pairs that are looked up at once where time does not matter. */
const AT_ONCE = 100;

/** A transaction would compare so much that it is better done before it. */
export class TooMuchToCompare extends Error {
  override readonly name = 'TooMuchToCompare';
}

/**
 * Whether incoming bytes say the same as the stored ones. Equal bytes decide it fast;
 * to compare by value takes long, and the transaction holds the lock of the journal
 * meanwhile: what exceeds a few milliseconds is done outside of it, in turns.
 */
export class SameContent {
  readonly #known = new Map<string, boolean>();
  #left: number;

  constructor(inlineBytes = INLINE_BYTES) {
    this.#left = inlineBytes;
  }

  /** Compares what is not known yet. @throws TooMuchToCompare, unless `lookAhead` was called before. */
  async compare(queries: Queries, pairs: readonly Pair[]): Promise<void> {
    const unknown = pairs.filter((pair) => !this.#known.has(keyOf(pair)));
    for (const [, event] of unknown) this.#left -= Math.max(event.bytes.length, LEAST_BYTES);
    if (this.#left < 0) throw new TooMuchToCompare();
    if (unknown.length === 0) return;
    const digests = await storedDigests(queries, unknown);
    for (const pair of unknown) this.#note(pair, digests);
  }

  /** Of a pair that was compared. */
  isSame(pair: Pair): boolean {
    return this.#known.get(keyOf(pair)) === true;
  }

  /** Compares the events of a group with what is stored now; others get turns meanwhile. */
  async lookAhead(queries: Queries, events: readonly NewEvent[]): Promise<void> {
    await turn();
    const pace = new Pace();
    piece('journal.comparing');
    for (let from = 0; from < events.length; from += AT_ONCE) {
      const pairs = await differing(queries, events.slice(from, from + AT_ONCE));
      const digests = await storedDigests(queries, pairs, pace);
      for (const pair of pairs) {
        this.#note(pair, digests);
        if (pace.isDue) await pace.step();
      }
    }
    this.#left = Number.POSITIVE_INFINITY;
  }

  #note(pair: Pair, digests: ReadonlyMap<number, Buffer>): void {
    const [current, event] = pair;
    const stored = digests.get(current.seq);
    this.#known.set(keyOf(pair), stored?.equals(canonicalDigest(event.bytes)) === true);
  }
}

/** The revision in force of each of these ids that is known. */
export async function currentOf(
  queries: Queries,
  eventIds: readonly string[],
): Promise<Map<string, CurrentRow>> {
  const rows = await queries.all<CurrentRow & { eventId: string }>(sql.FIND_CURRENT, { eventIds });
  return new Map(rows.map(({ eventId, seq, sha256 }) => [eventId, { seq, sha256 }]));
}

async function differing(queries: Queries, events: readonly NewEvent[]): Promise<Pair[]> {
  const current = await currentOf(
    queries,
    events.map(({ eventId }) => eventId),
  );
  return events.flatMap((event) => {
    const found = current.get(event.eventId);
    return found === undefined || found.sha256.equals(event.sha256)
      ? []
      : [[found, event] as const];
  });
}

/** The canonical digests of stored payloads; where the bytes are gone, the digest that was kept of them. */
async function storedDigests(
  queries: Queries,
  pairs: readonly Pair[],
  pace?: Pace,
): Promise<Map<number, Buffer>> {
  const seqs = [...new Set(pairs.map(([{ seq }]) => seq))];
  const digests = new Map<number, Buffer>();
  const payloads = await queries.all<{ seq: number; bytes: Buffer }>(sql.FIND_PAYLOADS, { seqs });
  for (const { seq, bytes } of payloads) {
    digests.set(seq, canonicalDigest(bytes));
    if (pace?.isDue) await pace.step();
  }
  const gone = seqs.filter((seq) => !digests.has(seq));
  if (gone.length === 0) return digests;
  const purged = await queries.all<{ seq: number; digest: Buffer }>(sql.FIND_PURGED_DIGESTS, {
    seqs: gone,
  });
  for (const { seq, digest } of purged) digests.set(seq, digest);
  return digests;
}

const keyOf = ([current, event]: Pair): string =>
  `${current.seq} ${event.sha256.toString('latin1')}`;
