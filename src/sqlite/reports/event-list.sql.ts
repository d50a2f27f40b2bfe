import type { EventState } from '../../reports/event-list.js';
import { IS_EARLY, isUnnamed } from '../ledger/start.sql.js';

/** One row of a list: `e` the event, `o` its origin, `m` its mark, `d` the delivery at the target, `t` its todo. */
export const COLUMNS = `e.seq, e.event_id, e.revision, e.event_type, o.project_uuid, e.origin_id, e.captured_at,
  e.occurred_at, e.size, COALESCE(m.class, 'live') AS class, d.status, d.generation, d.last_error,
  COALESCE(t.replay, 0) AS marked, ${IS_EARLY} AS early`;

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
    AND (${IS_EARLY} OR e.origin_id IN (SELECT value FROM json_each(@excluded)))`,
  live: 'm.seq IS NULL',
  coalesced: `m.class = 'coalesced'`,
  replaced: `m.class = 'replaced'`,
  archived: `m.class = 'archived'`,
  redacted: `m.class = 'redacted'`,
  purged: `m.class = 'purged'`,
};

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
    ? 'delivery d CROSS JOIN event e ON e.seq = d.seq AND d.target_id = @targetId'
    : 'event e LEFT JOIN delivery d ON d.target_id = @targetId AND d.seq = e.seq';
  return `${tables} CROSS JOIN origin o ON o.id = e.origin_id
    LEFT JOIN mark m ON m.seq = e.seq
    LEFT JOIN todo t ON t.target_id = @targetId AND t.seq = e.seq`;
}

const stateCondition = (state: EventState | undefined): string =>
  state === undefined ? '' : ` AND ${CONDITION[state]}`;

/** The newest events before `@before`. */
export const newest = (state: EventState | undefined, conditions: string): string => `
  SELECT ${COLUMNS} FROM ${source(state)}
  WHERE ${key(state)} < @before AND ${key(state)} >= @from${stateCondition(state)}${conditions} ORDER BY ${key(state)} DESC LIMIT @page + 0`;

/** The next events after `@after`, whatever became of them. */
export const run = (conditions: string): string => `
  SELECT ${COLUMNS} FROM ${source(undefined)}
  WHERE e.seq > @after AND e.seq <= @to${conditions} ORDER BY e.seq LIMIT @page + 0`;

/** The next events after `@after`, with their bytes. */
export const exported = (state: EventState | undefined, conditions: string): string => `
  SELECT ${COLUMNS}, e.undeliverable, lower(hex(e.sha256)) AS sha256, p.bytes
  FROM ${source(state)} LEFT JOIN payload p ON p.seq = e.seq
  WHERE ${key(state)} > @after AND ${key(state)} <= @to${stateCondition(state)}${conditions} ORDER BY ${key(state)} LIMIT @page + 0`;

/** Delivered to one target and not to another, in journal order. */
export const difference = (conditions: string): string => `
  SELECT e.seq, e.event_id, e.revision, e.event_type, o.project_uuid, e.origin_id, e.captured_at,
    e.occurred_at, e.size, COALESCE(m.class, 'live') AS class, b.status, b.generation, b.last_error,
    0 AS marked, (e.seq < COALESCE(@newStart, o2.start_seq) AND ${isUnnamed('@other', 'e.seq')}) AS early
  FROM delivery a CROSS JOIN event e ON e.seq = a.seq CROSS JOIN origin o ON o.id = e.origin_id
  LEFT JOIN mark m ON m.seq = e.seq
  LEFT JOIN delivery b ON b.target_id = @other AND b.seq = a.seq
  LEFT JOIN target o2 ON o2.id = @other
  WHERE a.target_id = @targetId AND a.seq > @after AND a.seq <= @to AND a.status IN ('success', 'duplicate')
    AND (b.status IS NULL OR b.status NOT IN ('success', 'duplicate'))${conditions}
  ORDER BY a.seq LIMIT @page + 0`;

/** The newest sequence number. */
export const HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head FROM event';
