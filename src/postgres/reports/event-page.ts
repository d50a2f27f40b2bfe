import { causeIs } from '../../ledger/cause-text.js';
import { fromRanges, type SeqRanges } from '../../ledger/seq-ranges.js';
import { SeqWindow } from '../../ledger/seq-window.js';
import type { EventRow, OriginStates } from '../../reports/event-list.js';
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
import { at, headOf, originStates } from './event-list.js';
import * as sql from './event-page.sql.js';
import { IN_FLIGHT } from './status.sql.js';

/** One page, newest first. */
export async function eventPage(db: JournalDatabase, query: EventPageQuery): Promise<EventPage> {
  const search = await searchOf(db, query);
  const deadline = performance.now() + query.budgetMs;
  const window = new SeqWindow();
  const found: EventRow[] = [];
  let { before } = search;
  while (before > search.low) {
    const from = Math.max(before - window.span, search.low);
    const stretch = { before, from, page: query.limit };
    const rows = await db.all<EventRow>(search.statement, { ...search.values, ...stretch });
    const wanted = rows.filter(search.isWanted).slice(0, query.limit - found.length);
    found.push(...wanted);
    if (found.length === query.limit) return pageOf(search, found, found.at(-1)?.seq ?? from, true);
    before = rows.length < query.limit ? from : (rows.at(-1)?.seq ?? from);
    window.found(rows.length);
    if (performance.now() >= deadline) return pageOf(search, found, before, before <= search.low);
  }
  return pageOf(search, found, search.low, true);
}

/** Where to look, and what for. */
interface Search {
  readonly states: OriginStates;
  readonly statement: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** The stretch of the journal that can hold matches: from `low` to before `before`. */
  readonly low: number;
  readonly before: number;
  isWanted(row: EventRow): boolean;
}

async function searchOf(db: JournalDatabase, query: EventPageQuery): Promise<Search> {
  const { state, cause } = query;
  const states = await originStates(db, query);
  const { sql: conditions, values } = eventConditions(states.filterFor(query));
  const { way, named } = await wayOf(db, query);
  const isCause = cause === undefined ? undefined : causeIs(cause);
  return {
    states,
    statement: sql.page(state, way, conditions),
    values: { ...values, ...at(query, states), named },
    ...(await stretchOf(db, query)),
    isWanted: ({ last_error: error }) => isCause === undefined || isCause(error),
  };
}

async function stretchOf(
  db: JournalDatabase,
  { before, filter: { since, until } }: EventPageQuery,
): Promise<Pick<Search, 'low' | 'before'>> {
  const head = await headOf(db);
  const end = until === undefined ? head + 1 : await firstSince(db, until);
  return {
    low: since === undefined ? 1 : await firstSince(db, since),
    before: Math.min(before ?? head + 1, end),
  };
}

/** The shortest way, with the sequence numbers that it needs beside tables. */
async function wayOf(
  db: JournalDatabase,
  { state, targetId, filter: { seqs } }: EventPageQuery,
): Promise<{ readonly way: Way; readonly named: readonly number[] }> {
  if (seqs !== undefined) return { way: 'named', named: seqs };
  const way = state === undefined ? 'events' : WAY_OF[state];
  if (way === 'unsettled') return { way, named: await onTheWire(db, targetId) };
  const failed = state === 'terminal' ? await failedForGood(db, targetId) : undefined;
  return failed === undefined ? { way, named: [] } : { way: 'named', named: failed };
}

async function onTheWire(db: JournalDatabase, targetId: number): Promise<number[]> {
  const flight = await db.get<{ seqs: string }>(IN_FLIGHT, { targetId });
  return flight === undefined ? [] : fromRanges(JSON.parse(flight.seqs) as SeqRanges);
}

/** Undefined where there are too many. */
async function failedForGood(db: JournalDatabase, targetId: number): Promise<number[] | undefined> {
  const asked = { targetId, most: MOST_NAMED + 1 };
  const rows = await db.all<{ seq: number }>(sql.TERMINAL_SEQS, asked);
  return rows.length > MOST_NAMED ? undefined : rows.map(({ seq }) => seq);
}

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
