import { turn } from '../../base/pace.js';
import type { Permission } from '../../dispatch/ports.js';
import type { OriginColumns } from '../../ledger/origins.js';
import { SeqWindow } from '../../ledger/seq-window.js';
import {
  type EventQuery,
  type EventRow,
  type ExportedEvent,
  type ListedEvent,
  OriginStates,
} from '../../reports/event-list.js';
import type { EventRun, EventRunQuery } from '../../reports/event-run.js';
import type { DifferencePage, DifferenceQuery } from '../../reports/reports.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './event-list.sql.js';
import { KNOWN_ORIGINS } from './status.sql.js';

interface ExportRow extends EventRow {
  readonly undeliverable: string | null;
  readonly sha256: string;
  readonly bytes: Buffer | null;
}

const EXPORT_PAGE = 200;
const DIFF_PAGE = 1_000;

/** The newest events that match, newest first. Between two looks the event loop gets a turn. */
export async function newestEvents(
  db: JournalDatabase,
  query: EventQuery,
  limit: number,
): Promise<ListedEvent[]> {
  const states = originStates(db, query);
  const { sql: conditions, values } = eventConditions(states.filterFor(query));
  const statement = db.statement(sql.newest(query.state, conditions));
  const window = new SeqWindow();
  const events: ListedEvent[] = [];
  for (let before = headOf(db) + 1; before > 1 && events.length < limit; ) {
    const from = Math.max(before - window.span, 1);
    const page = limit - events.length;
    const rows = readRows<EventRow>(db, statement, {
      ...values,
      ...at(query, states),
      before,
      from,
      page,
    });
    for (const row of rows) events.push(states.listed(row));
    window.found(rows.length);
    before = from;
    await turn();
  }
  return events;
}

/** The next events behind a sequence number. Between two looks the event loop gets a turn. */
export async function eventRun(db: JournalDatabase, query: EventRunQuery): Promise<EventRun> {
  const states = originStates(db, query);
  const { sql: conditions, values } = eventConditions(query.filter);
  const statement = db.statement(sql.run(conditions));
  const given = { ...values, ...at(query, states), page: query.limit };
  const head = headOf(db);
  const window = new SeqWindow();
  let { after } = query;
  while (after < head) {
    const to = Math.min(after + window.span, head);
    const rows = readRows<EventRow>(db, statement, { ...given, after, to });
    const through = rows.length < query.limit ? to : (rows.at(-1)?.seq ?? to);
    if (rows.length > 0) return { events: rows.map((row) => states.listed(row)), through, head };
    window.found(0);
    after = through;
    await turn();
  }
  return { events: [], through: after, head };
}

/** Every event that matches, in journal order, a page at a time: memory stays flat. */
export async function* exportEvents(
  db: JournalDatabase,
  query: EventQuery,
): AsyncGenerator<ExportedEvent> {
  const states = originStates(db, query);
  const { sql: conditions, values } = eventConditions(states.filterFor(query));
  const statement = db.statement(sql.exported(query.state, conditions));
  const pages = ascending<ExportRow>(
    db,
    statement,
    { ...values, ...at(query, states) },
    EXPORT_PAGE,
  );
  for await (const { rows } of pages)
    for (const row of rows)
      yield {
        eventId: row.event_id,
        eventType: row.event_type,
        class: row.class,
        sha256: row.sha256,
        undeliverable: row.undeliverable,
        bytes: row.bytes,
      };
}

/** Events delivered to the target of the query and not to `other`, in journal order, in pages. */
export async function* differingEvents(
  db: JournalDatabase,
  query: DifferenceQuery,
  other: number,
): AsyncGenerator<DifferencePage> {
  const { sql: conditions, values } = eventConditions(query.filter, 'a.seq');
  const statement = db.statement(sql.difference(conditions));
  const states = originStates(db, query);
  const given = { ...values, ...at(query, states), other };
  const pages = ascending<EventRow>(db, statement, given, DIFF_PAGE, query.after);
  for await (const { rows, upTo } of pages)
    yield { events: rows.map((row) => states.listed(row)), upTo };
}

/** The parameters of every list, whether its statement names them or not. */
export const at = (
  { targetId, newStart = null }: Pick<EventQuery, 'targetId' | 'newStart'>,
  states: OriginStates,
) => ({ targetId, newStart, excluded: JSON.stringify(states.excluded) });

/** Rows in journal order. Between two pages the event loop gets a turn. */
async function* ascending<R extends EventRow>(
  db: JournalDatabase,
  statement: Statement,
  values: Readonly<Record<string, unknown>>,
  page: number,
  start = 0,
): AsyncGenerator<{ readonly rows: R[]; readonly upTo: number }> {
  const head = headOf(db);
  const window = new SeqWindow();
  for (let after = start; after < head; ) {
    const to = after + window.span;
    const rows = readRows<R>(db, statement, { ...values, after, to, page });
    after = rows.length < page ? to : (rows.at(-1)?.seq ?? to);
    yield { rows, upTo: after };
    window.found(rows.length);
    await turn();
  }
}

export type Statement = ReturnType<JournalDatabase['statement']>;

export const readRows = <R extends EventRow>(
  db: JournalDatabase,
  statement: Statement,
  values: object,
): R[] => db.read(() => (statement as { all(values: object): unknown[] }).all(values)) as R[];

export const headOf = (db: JournalDatabase): number =>
  (db.statement(sql.HEAD).get() as { head: number }).head;

export const originStates = (
  db: JournalDatabase,
  { permission }: { readonly permission: Permission },
): OriginStates =>
  new OriginStates(
    db.read(() => db.statement(KNOWN_ORIGINS).all() as OriginColumns[]),
    permission,
  );
