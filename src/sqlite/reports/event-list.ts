import { turn } from '../../base/pace.js';
import type { Permission } from '../../dispatch/ports.js';
import type { EventFilter } from '../../journal/event-filter.js';
import { originFields } from '../../ledger/origins.js';
import type { DeliveryStatus } from '../../ledger/transition.js';
import type { EventState } from '../../reports/event-states.js';
import { type OriginRow, TERM_OF_STATUS } from '../../reports/target-terms.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import { SeqWindow } from '../seq-window.js';
import * as sql from './event-list.sql.js';

/** Which events, as seen from which target. */
export interface EventQuery {
  /** 0 stands for a target that has nothing yet. */
  readonly targetId: number;
  readonly state: EventState | undefined;
  readonly filter: EventFilter;
  readonly origins: readonly OriginRow[];
  /** The permission of the target: what tells `held` from `unsent`. */
  readonly permission: Permission;
}

/** One event as lists show it. */
export interface ListedEvent {
  readonly event_id: string;
  readonly revision: number;
  readonly event_type: string;
  readonly project_uuid: string | null;
  readonly captured_at: string;
  readonly occurred_at: string | null;
  readonly size: number;
  /** `live`, or why it is not selected any more. */
  readonly class: string;
  /** The one term of the target's sum that it is in. */
  readonly state: EventState;
  readonly generation: number | null;
  /** True while a replay waits to go out. */
  readonly replay: boolean;
  readonly last_error: string | null;
}

/** One event with its exact bytes; null when they are no longer in the journal. */
export interface ExportedEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly class: string;
  readonly sha256: string;
  /** False for what was imported and is no JSON object. */
  readonly isDeliverable: boolean;
  readonly bytes: Buffer | null;
}

interface Row {
  readonly seq: number;
  readonly event_id: string;
  readonly revision: number;
  readonly event_type: string;
  readonly project_uuid: string;
  readonly origin_id: number;
  readonly captured_at: number;
  readonly occurred_at: number | null;
  readonly size: number;
  readonly class: string;
  readonly status: DeliveryStatus | null;
  readonly generation: number | null;
  readonly last_error: string | null;
  readonly marked: 0 | 1;
}

interface ExportRow extends Row {
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
  const { sql: conditions, values } = conditionsOf(query);
  const statement = db.statement(sql.newest(query.state, conditions));
  const heldOrigins = held(query);
  const window = new SeqWindow();
  const events: ListedEvent[] = [];
  for (let before = headOf(db) + 1; before > 1 && events.length < limit; ) {
    const from = Math.max(before - window.span, 1);
    const page = limit - events.length;
    const rows = readRows<Row>(db, statement, { ...values, ...at(query), before, from, page });
    for (const row of rows) events.push(listed(row, heldOrigins));
    window.found(rows.length);
    before = from;
    await turn();
  }
  return events;
}

/** Every event that matches, in journal order, a page at a time: memory stays flat. */
export async function* exportEvents(
  db: JournalDatabase,
  query: EventQuery,
): AsyncGenerator<ExportedEvent> {
  const { sql: conditions, values } = conditionsOf(query);
  const statement = db.statement(sql.exported(query.state, conditions));
  const pages = ascending<ExportRow>(db, statement, { ...values, ...at(query) }, EXPORT_PAGE);
  for await (const rows of pages)
    for (const row of rows)
      yield {
        eventId: row.event_id,
        eventType: row.event_type,
        class: row.class,
        sha256: row.sha256,
        isDeliverable: row.undeliverable === null,
        bytes: row.bytes,
      };
}

/** Events delivered to the target of the query and not to `other`, in journal order, in pages. */
export async function* differingEvents(
  db: JournalDatabase,
  query: Omit<EventQuery, 'state'>,
  other: number,
): AsyncGenerator<ListedEvent[]> {
  const { sql: conditions, values } = eventConditions(query.filter, 'a.seq');
  const statement = db.statement(sql.difference(conditions));
  const heldOrigins = held(query);
  const pages = ascending<Row>(db, statement, { ...values, ...at(query), other }, DIFF_PAGE);
  for await (const rows of pages) yield rows.map((row) => listed(row, heldOrigins));
}

const at = ({ targetId }: { readonly targetId: number }) => ({ targetId });

/** Rows in journal order. Between two pages the event loop gets a turn. */
async function* ascending<R extends Row>(
  db: JournalDatabase,
  statement: Statement,
  values: Readonly<Record<string, unknown>>,
  page: number,
): AsyncGenerator<R[]> {
  const head = headOf(db);
  const window = new SeqWindow();
  for (let after = 0; after < head; ) {
    const to = after + window.span;
    const rows = readRows<R>(db, statement, { ...values, after, to, page });
    yield rows;
    window.found(rows.length);
    after = rows.length < page ? to : (rows.at(-1)?.seq ?? to);
    await turn();
  }
}

type Statement = ReturnType<JournalDatabase['statement']>;

const readRows = <R extends Row>(db: JournalDatabase, statement: Statement, values: object): R[] =>
  db.read(() => (statement as { all(values: object): unknown[] }).all(values)) as R[];

const headOf = (db: JournalDatabase): number =>
  (db.statement(sql.HEAD).get() as { head: number }).head;

/** `held` and `unsent` differ in nothing but the origin. */
function conditionsOf(query: EventQuery) {
  const { state, origins, filter } = query;
  if (state !== 'held' && state !== 'unsent') return eventConditions(filter);
  const heldOrigins = held(query);
  const wanted = origins
    .map(({ originId }) => originId)
    .filter((id) => heldOrigins.has(id) === (state === 'held'))
    .filter((id) => filter.originIds?.includes(id) !== false);
  return eventConditions({ ...filter, originIds: wanted });
}

function held({ origins, permission }: Omit<EventQuery, 'state'>): ReadonlySet<number> {
  const rows = origins.filter((row) => permission(originFields(row)) !== null);
  return new Set(rows.map(({ originId }) => originId));
}

function listed(row: Row, heldOrigins: ReadonlySet<number>): ListedEvent {
  return {
    event_id: row.event_id,
    revision: row.revision,
    event_type: row.event_type,
    project_uuid: row.project_uuid || null,
    captured_at: new Date(row.captured_at).toISOString(),
    occurred_at: row.occurred_at === null ? null : new Date(row.occurred_at).toISOString(),
    size: row.size,
    class: row.class,
    state: stateOf(row, heldOrigins),
    generation: row.generation,
    replay: row.marked === 1,
    last_error: row.last_error,
  };
}

function stateOf(row: Row, heldOrigins: ReadonlySet<number>): EventState {
  if (row.status !== null) return TERM_OF_STATUS[row.status];
  if (row.class !== 'live') return row.class as EventState;
  return heldOrigins.has(row.origin_id) ? 'held' : 'unsent';
}
