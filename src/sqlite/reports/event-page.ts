import { turn } from '../../base/pace.js';
import { causeIs } from '../../ledger/cause-text.js';
import { fromRanges, type SeqRanges } from '../../ledger/seq-ranges.js';
import { SeqWindow } from '../../ledger/seq-window.js';
import { type EventRow, OriginStates } from '../../reports/event-list.js';
import {
  type EventPage,
  type EventPageQuery,
  MOST_NAMED,
  WAY_OF,
  type Way,
} from '../../reports/event-page.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import { firstSince } from '../ledger/start.js';
import { at, headOf, originStates, readRows, type Statement } from './event-list.js';
import * as sql from './event-page.sql.js';
import { IN_FLIGHT } from './status.sql.js';

/** One page, newest first. Between two looks the event loop gets a turn. */
export async function eventPage(db: JournalDatabase, query: EventPageQuery): Promise<EventPage> {
  const search = searchOf(db, query);
  const deadline = performance.now() + query.budgetMs;
  const window = new SeqWindow();
  const found: EventRow[] = [];
  let { before } = search;
  while (before > search.low) {
    const from = Math.max(before - window.span, search.low);
    const rows = look(db, search, { before, from, page: query.limit });
    const wanted = rows.filter(search.isWanted).slice(0, query.limit - found.length);
    found.push(...wanted);
    if (found.length === query.limit) return pageOf(search, found, found.at(-1)?.seq ?? from, true);
    before = rows.length < query.limit ? from : (rows.at(-1)?.seq ?? from);
    window.found(rows.length);
    if (performance.now() >= deadline) return pageOf(search, found, before, before <= search.low);
    await turn();
  }
  return pageOf(search, found, search.low, true);
}

/** Where to look, and what for. */
interface Search {
  readonly states: OriginStates;
  readonly statement: Statement;
  readonly values: Readonly<Record<string, unknown>>;
  /** The stretch of the journal that can hold matches: from `low` to before `before`. */
  readonly low: number;
  readonly before: number;
  isWanted(row: EventRow): boolean;
}

function searchOf(db: JournalDatabase, query: EventPageQuery): Search {
  const { state, cause } = query;
  const states = originStates(db, query);
  const { sql: conditions, values } = eventConditions(states.filterFor(query));
  const { way, named } = wayOf(db, query);
  const isCause = cause === undefined ? undefined : causeIs(cause);
  return {
    states,
    statement: db.statement(sql.page(state, way, conditions)),
    values: { ...values, ...at(query, states), named: JSON.stringify(named) },
    ...stretchOf(db, query),
    isWanted: ({ last_error: error }) => isCause === undefined || isCause(error),
  };
}

function stretchOf(
  db: JournalDatabase,
  { before, filter: { since, until } }: EventPageQuery,
): Pick<Search, 'low' | 'before'> {
  const head = headOf(db);
  const end = until === undefined ? head + 1 : firstSince(db, until, head);
  return {
    low: since === undefined ? 1 : firstSince(db, since, head),
    before: Math.min(before ?? head + 1, end),
  };
}

/** The shortest way, with the sequence numbers that it needs beside tables. */
function wayOf(
  db: JournalDatabase,
  { state, targetId, filter: { seqs } }: EventPageQuery,
): { readonly way: Way; readonly named: readonly number[] } {
  if (seqs !== undefined) return { way: 'named', named: seqs };
  const way = state === undefined ? 'events' : WAY_OF[state];
  if (way === 'unsettled') return { way, named: onTheWire(db, targetId) };
  const failed = state === 'terminal' ? failedForGood(db, targetId) : undefined;
  return failed === undefined ? { way, named: [] } : { way: 'named', named: failed };
}

function onTheWire(db: JournalDatabase, targetId: number): number[] {
  const flight = db.statement(IN_FLIGHT).get(targetId) as { seqs: string } | undefined;
  return flight === undefined ? [] : fromRanges(JSON.parse(flight.seqs) as SeqRanges);
}

/** Undefined where there are too many. */
function failedForGood(db: JournalDatabase, targetId: number): number[] | undefined {
  const rows = db.statement(sql.TERMINAL_SEQS).all({ targetId, most: MOST_NAMED + 1 }) as {
    seq: number;
  }[];
  return rows.length > MOST_NAMED ? undefined : rows.map(({ seq }) => seq);
}

const look = (
  db: JournalDatabase,
  { statement, values }: Search,
  stretch: { readonly before: number; readonly from: number; readonly page: number },
): EventRow[] => readRows<EventRow>(db, statement, { ...values, ...stretch });

function pageOf(
  { states, low }: Search,
  rows: readonly EventRow[],
  older: number,
  isFull: boolean,
): EventPage {
  return {
    events: rows.map((row) => states.listed(row)),
    older: older > low ? older : null,
    isFull,
  };
}
