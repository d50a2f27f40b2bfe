import { turn } from '../../base/pace.js';
import { causeIs } from '../../ledger/cause-text.js';
import { fromRanges, type SeqRanges } from '../../ledger/seq-ranges.js';
import { SeqWindow } from '../../ledger/seq-window.js';
import { type EventRow, OriginStates } from '../../reports/event-list.js';
import {
  type EventPage,
  type EventPageQuery,
  MOST_NAMED,
  nextOf,
  type Part,
  stretchesOf,
  WAY_ASIDE,
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
  for (let parts = search.parts; parts.length > 0; parts = parts.slice(1)) {
    const [part] = parts as [Part];
    let { before } = part;
    while (before > part.low) {
      const from = Math.max(before - window.span, part.low);
      const rows = look(db, search, part, { before, from, page: query.limit });
      const wanted = rows.filter(search.isWanted).slice(0, query.limit - found.length);
      found.push(...wanted);
      if (found.length === query.limit)
        return pageOf(search, found, nextOf(parts, found.at(-1)?.seq ?? from), true);
      before = rows.length < query.limit ? from : (rows.at(-1)?.seq ?? from);
      window.found(rows.length);
      const next = nextOf(parts, before);
      if (performance.now() >= deadline) return pageOf(search, found, next, next.older === null);
      await turn();
    }
  }
  return pageOf(search, found, nextOf([], 0), true);
}

/** Where to look, and what for. */
interface Search {
  readonly states: OriginStates;
  statementOf(part: Part): Statement;
  readonly values: Readonly<Record<string, unknown>>;
  readonly parts: readonly Part[];
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
    statementOf: ({ isAside }) =>
      db.statement(sql.page(state, isAside ? WAY_ASIDE[way] : way, conditions)),
    values: { ...values, ...at(query, states), named: JSON.stringify(named) },
    parts: partsOf(db, query),
    isWanted: ({ last_error: error }) => isCause === undefined || isCause(error),
  };
}

function partsOf(db: JournalDatabase, query: EventPageQuery): Part[] {
  const { since, until } = query.filter;
  const head = headOf(db);
  const low = since === undefined ? 1 : firstSince(db, since, head);
  const before = until === undefined ? head + 1 : firstSince(db, until, head);
  return stretchesOf({ low, before: Math.max(low, before) }, head, query);
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
  { statementOf, values }: Search,
  part: Part,
  stretch: { readonly before: number; readonly from: number; readonly page: number },
): EventRow[] => readRows<EventRow>(db, statementOf(part), { ...values, ...stretch });

function pageOf(
  { states }: Search,
  rows: readonly EventRow[],
  next: Pick<EventPage, 'older' | 'isAside'>,
  isFull: boolean,
): EventPage {
  const newestFirst = rows.toSorted((a, b) => b.seq - a.seq);
  return { events: newestFirst.map((row) => states.listed(row)), ...next, isFull };
}
