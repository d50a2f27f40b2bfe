import type { EventState } from '../../reports/event-list.js';
import { IS_EARLY, isUnnamed } from '../ledger/start.sql.js';

/** One row of a list: `e` the event, `o` its origin, `m` its mark, `d` the delivery at the target, `t` its todo. */
export const COLUMNS = `e.seq, e.event_id, e.revision, e.event_type, o.project_uuid, e.origin_id, e.captured_at,
  e.occurred_at, e.size, COALESCE(m.class, 'live') AS class, d.status, d.generation, d.last_error,
  COALESCE(t.replay, 0) AS marked, ${IS_EARLY}::int AS early`;

/** What each state asks of the row: `d` is the delivery at the target asked about, `m` the mark of the event. */
export const CONDITION: Readonly<Record<EventState, string>> = {
  delivered: `d.status IN ('success', 'duplicate')`,
  pending: `d.status = 'pending'`,
  rejected: `d.status = 'rejected'`,
  transient: `d.status = 'failed_transient'`,
  terminal: `d.status = 'terminal_failed'`,
  unsent: `d.seq IS NULL AND m.seq IS NULL AND NOT ${IS_EARLY}`,
  held: `d.seq IS NULL AND m.seq IS NULL AND NOT ${IS_EARLY}`,
  excluded: `d.seq IS NULL AND m.seq IS NULL
    AND (${IS_EARLY} OR e.origin_id = ANY(@excluded::bigint[]))`,
  live: 'm.seq IS NULL',
  coalesced: `m.class = 'coalesced'`,
  replaced: `m.class = 'replaced'`,
  archived: `m.class = 'archived'`,
  redacted: `m.class = 'redacted'`,
  purged: `m.class = 'purged'`,
};

/**
 * One look-up for each row of what the list is read along: `LIMIT` keeps the planner from
 * joining whole tables, which it would do where a table is larger than it knows.
 */
export const look = (table: string, alias: string, condition: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM ${table} WHERE ${condition} LIMIT 1) ${alias}`;

/** The same where there may be none. */
export const lookIfAny = (table: string, alias: string, condition: string): string =>
  `LEFT JOIN LATERAL (SELECT * FROM ${table} WHERE ${condition} LIMIT 1) ${alias} ON true`;

export const delivered = (seq: string): string => `target_id = @targetId::bigint AND seq = ${seq}`;

/** What a row shows beside the event and its delivery, its mark aside. */
export const BESIDE = `${look('origin', 'o', 'id = e.origin_id')}
    ${lookIfAny('todo', 't', delivered('e.seq'))}`;

export const MARK = lookIfAny('mark', 'm', 'seq = e.seq');

/** States that only a row of the ledger can be in: found from there, however large the journal is. */
const IN_LEDGER: ReadonlySet<EventState> = new Set([
  'delivered',
  'pending',
  'rejected',
  'transient',
  'terminal',
]);

const isInLedger = (state: EventState | undefined): boolean =>
  state !== undefined && IN_LEDGER.has(state);

/** The column a list is read along. */
const key = (state: EventState | undefined): string => (isInLedger(state) ? 'd.seq' : 'e.seq');

function source(state: EventState | undefined): string {
  const tables = isInLedger(state)
    ? `delivery d ${look('event', 'e', 'seq = d.seq')}`
    : `event e ${lookIfAny('delivery', 'd', delivered('e.seq'))}`;
  return `${tables} ${BESIDE} ${MARK}`;
}

const stateCondition = (state: EventState | undefined): string => {
  if (state === undefined) return '';
  const ofTarget = isInLedger(state) ? ' AND d.target_id = @targetId::bigint' : '';
  return ` AND ${CONDITION[state]}${ofTarget}`;
};

/** The newest events before `@before`. */
export const newest = (state: EventState | undefined, conditions: string): string => `
  SELECT ${COLUMNS} FROM ${source(state)}
  WHERE ${key(state)} < @before::bigint AND ${key(state)} >= @from::bigint${stateCondition(state)}${conditions}
  ORDER BY ${key(state)} DESC LIMIT @page + 0`;

/** The next events after `@after`, whatever became of them. */
export const run = (conditions: string): string => `
  SELECT ${COLUMNS} FROM ${source(undefined)}
  WHERE e.seq > @after::bigint AND e.seq <= @to::bigint${conditions} ORDER BY e.seq LIMIT @page + 0`;

/** The next events after `@after`, with their bytes. */
export const exported = (state: EventState | undefined, conditions: string): string => `
  SELECT ${COLUMNS}, e.undeliverable, encode(e.sha256, 'hex') AS sha256, p.bytes
  FROM ${source(state)} ${lookIfAny('payload', 'p', 'seq = e.seq')}
  WHERE ${key(state)} > @after::bigint AND ${key(state)} <= @to::bigint${stateCondition(state)}${conditions}
  ORDER BY ${key(state)} LIMIT @page + 0`;

/** Delivered to one target and not to another, in journal order. */
export const difference = (conditions: string): string => `
  SELECT e.seq, e.event_id, e.revision, e.event_type, o.project_uuid, e.origin_id, e.captured_at,
    e.occurred_at, e.size, COALESCE(m.class, 'live') AS class, b.status, b.generation, b.last_error,
    0 AS marked, (e.seq < COALESCE(@newStart::bigint,
      (SELECT g.start_seq FROM target g WHERE g.id = @other::bigint))
      AND ${isUnnamed('@other::bigint', 'e.seq')})::int AS early
  FROM delivery a ${look('event', 'e', 'seq = a.seq')} ${look('origin', 'o', 'id = e.origin_id')}
  ${MARK} ${lookIfAny('delivery', 'b', 'target_id = @other::bigint AND seq = a.seq')}
  WHERE a.target_id = @targetId::bigint AND a.seq > @after::bigint AND a.seq <= @to::bigint
    AND a.status IN ('success', 'duplicate')
    AND (b.status IS NULL OR b.status NOT IN ('success', 'duplicate'))${conditions}
  ORDER BY a.seq LIMIT @page + 0`;

/** The newest sequence number. */
export const HEAD = 'SELECT seq AS head FROM head';
