import {
  CauseChanges,
  type CauseCount,
  type CausedEvents,
  type CauseGroup,
  causesAfter,
} from '../../ledger/causes.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './causes.sql.js';

/**
 * Changes of the causes of live events in one unit of work, written once for
 * each text, in the transaction that changes the deliveries.
 */
export class CauseTally extends CauseChanges {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    super();
    this.#db = db;
  }

  write(): void {
    for (const group of this.groups) writeGroup(this.#db, group);
  }
}

function writeGroup(db: JournalDatabase, { targetId, status, changes }: CauseGroup): void {
  const rows = db.statement(sql.CAUSES_OF).all({ targetId, status }) as CauseCount[];
  const after = causesAfter(rows, changes);
  const before = new Map(rows.map(({ text, events }) => [text, events]));
  for (const text of before.keys())
    if (!after.has(text)) db.statement(sql.DROP_CAUSE).run({ targetId, status, text });
  for (const [text, events] of after)
    if (before.get(text) !== events)
      db.statement(sql.SET_CAUSE).run({ targetId, status, text, events });
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
