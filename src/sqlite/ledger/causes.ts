import { causeOf } from '../../ledger/cause-text.js';
import type { DeliveryStatus } from '../../ledger/transition.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './causes.sql.js';

/** Texts with a row of their own, for each target and status; all others share the empty one. */
export const MOST_CAUSES = 20;

const CAUSED: ReadonlySet<DeliveryStatus> = new Set([
  'rejected',
  'failed_transient',
  'terminal_failed',
]);

/** Events at one target that have a status for one cause. */
interface CauseCount {
  readonly text: string;
  readonly events: number;
}

/** Rows of `CAUSES_OF_EVENTS`. */
interface CausedEvents {
  readonly targetId: number;
  readonly status: DeliveryStatus;
  readonly error: string | null;
  readonly events: number;
}

/**
 * Changes of the causes of live events in one unit of work, written once for
 * each text, in the transaction that changes the deliveries.
 */
export class CauseTally {
  readonly #db: JournalDatabase;
  readonly #changes = new Map<string, Change>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  add(targetId: number, status: DeliveryStatus, error: string | null, events: number): void {
    if (!CAUSED.has(status)) return;
    const key = { targetId, status, text: causeOf(error) };
    const id = `${targetId} ${status} ${key.text}`;
    const change = this.#changes.get(id) ?? { key, left: 0, came: 0 };
    this.#changes.set(id, change);
    if (events < 0) change.left -= events;
    else change.came += events;
  }

  /**
   * What leaves makes room for what comes. The two are not offset against each
   * other: so an event whose cause was not recorded gets one with its next verdict.
   */
  write(): void {
    const changes = [...this.#changes.values()];
    for (const { key, left } of changes) if (left > 0) takeFrom(this.#db, key, left);
    for (const { key, came } of changes) if (came > 0) addTo(this.#db, key, came);
  }
}

/** Events that no longer have a cause, and events that have it now. */
interface Change {
  readonly key: CauseKey;
  left: number;
  came: number;
}

interface CauseKey {
  readonly targetId: number;
  readonly status: DeliveryStatus;
  readonly text: string;
}

function addTo(db: JournalDatabase, key: CauseKey, events: number): void {
  const rows = causesOf(db, key);
  const named = rows.filter(({ text }) => text !== '').length;
  const hasRow = rows.some(({ text }) => text === key.text);
  const text = hasRow || named < MOST_CAUSES ? key.text : '';
  db.statement(sql.ADD_CAUSE).run({ ...key, text, events });
}

/**
 * From the row of its own text first: a row never counts more than there are,
 * so what is missing there was counted under the empty text. The others come
 * last, for texts that another version of redrain wrote: the sum always holds.
 */
function takeFrom(db: JournalDatabase, key: CauseKey, events: number): void {
  const rows = causesOf(db, key);
  const own = rows.filter(({ text }) => text === key.text);
  const shared = rows.filter(({ text }) => text === '' && key.text !== '');
  const others = rows.filter(({ text }) => text !== '' && text !== key.text);
  let left = events;
  for (const row of [...own, ...shared, ...others]) {
    if (left === 0) return;
    const taken = Math.min(left, row.events);
    left -= taken;
    const place = { ...key, text: row.text };
    if (taken === row.events) db.statement(sql.DROP_CAUSE).run(place);
    else db.statement(sql.REDUCE_CAUSE).run({ ...place, taken });
  }
}

function causesOf(db: JournalDatabase, key: CauseKey): CauseCount[] {
  return db
    .statement(sql.CAUSES_OF)
    .all({ targetId: key.targetId, status: key.status }) as CauseCount[];
}

/**
 * Does work on these events inside a transaction that the caller holds, and
 * moves their causes by what it changed: counted before, counted after.
 */
export function withCauses(db: JournalDatabase, seqs: readonly number[], work: () => void): void {
  const tally = new CauseTally(db);
  const count = (sign: 1 | -1): void => {
    const rows = db.statement(sql.CAUSES_OF_EVENTS).all(JSON.stringify(seqs)) as CausedEvents[];
    for (const row of rows) tally.add(row.targetId, row.status, row.error, sign * row.events);
  };
  count(-1);
  work();
  count(1);
  tally.write();
}

/** Replaces all causes by a recount, inside a transaction that the caller holds. */
export function recountCauses(db: JournalDatabase): void {
  db.statement(sql.FORGET_ALL).run();
  const tally = new CauseTally(db);
  const rows = db.statement(sql.REAL_CAUSES).iterate() as Iterable<CausedEvents>;
  for (const row of rows) tally.add(row.targetId, row.status, row.error, row.events);
  tally.write();
}
