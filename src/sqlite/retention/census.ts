import type { JournalDatabase } from '../journal-database.js';
import { withCauses } from '../ledger/causes.js';
import { CENSUS_OF_EXCLUDED, COUNT_EXCLUDED } from '../ledger/start.sql.js';
import * as sql from './retention.sql.js';

type Counters = Record<string, number>;

interface Census {
  readonly events: Map<string, CountedRow>;
  readonly deliveries: Map<string, CountedRow>;
  /** At each target, those before the first event it gets. */
  readonly excluded: Map<string, CountedRow>;
}

interface CountedRow {
  readonly key: Readonly<Record<string, string | number>>;
  readonly counters: Counters;
}

/**
 * Changes events inside a transaction that the caller holds, and moves every
 * counter by exactly what changed: counted before, counted after. Whatever
 * the work does to class, bytes or deliveries of these events, no counter can
 * be forgotten.
 */
export function withCounters(db: JournalDatabase, seqs: readonly number[], work: () => void): void {
  const before = take(db, seqs);
  withCauses(db, seqs, work);
  const after = take(db, seqs);
  writeDifference(db, sql.COUNT_EVENTS, before.events, after.events);
  writeDifference(db, sql.COUNT_DELIVERIES, before.deliveries, after.deliveries);
  writeDifference(db, COUNT_EXCLUDED, before.excluded, after.excluded);
}

function take(db: JournalDatabase, seqs: readonly number[]): Census {
  const json = JSON.stringify(seqs);
  const events = db.statement(sql.CENSUS_OF_EVENTS).all(json) as Counters[];
  const deliveries = db.statement(sql.CENSUS_OF_DELIVERIES).all(json) as Counters[];
  const excluded = db.statement(CENSUS_OF_EXCLUDED).all(json) as Counters[];
  return {
    excluded: byKey(excluded, ['targetId', 'originId']),
    events: byKey(events, ['originId', 'class']),
    deliveries: byKey(deliveries, ['targetId', 'originId', 'class', 'status']),
  };
}

function byKey(rows: readonly Counters[], names: readonly string[]): Map<string, CountedRow> {
  return new Map(
    rows.map((row) => {
      const entries = Object.entries(row);
      const key = Object.fromEntries(entries.filter(([name]) => names.includes(name)));
      const counters = Object.fromEntries(entries.filter(([name]) => !names.includes(name)));
      return [JSON.stringify(key), { key, counters }];
    }),
  );
}

function writeDifference(
  db: JournalDatabase,
  statement: string,
  before: ReadonlyMap<string, CountedRow>,
  after: ReadonlyMap<string, CountedRow>,
): void {
  const write = db.statement(statement);
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const { key, counters } = (after.get(id) ?? before.get(id)) as CountedRow;
    const names = Object.keys(counters);
    const of = (side: CountedRow | undefined, name: string): number => side?.counters[name] ?? 0;
    const change = Object.fromEntries(
      names.map((name) => [name, of(after.get(id), name) - of(before.get(id), name)]),
    );
    if (Object.values(change).some((delta) => delta !== 0)) write.run({ ...key, ...change });
  }
}
