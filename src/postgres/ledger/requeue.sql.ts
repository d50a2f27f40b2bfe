import { LOOKED_UP } from '../ranges.js';

/** What `retry` and `replay` read and write. Deliveries and todos only: no statement writes a journal row. */

/** The states an operator may have tried again, and those that may be delivered again. */
export const RETRIABLE = `('terminal_failed', 'rejected', 'failed_transient')`;
export const REPLAYABLE = `('success', 'duplicate')`;
export const STATES = { retry: RETRIABLE, replay: REPLAYABLE } as const;

/** One page of deliveries in these states, with what stands in the way of each. */
export const candidates = (states: string, conditions: string): string => `
  SELECT d.seq, d.status, d.last_error AS error,
    COALESCE((SELECT m.class FROM mark m WHERE m.seq = d.seq), 'live') AS class,
    COALESCE((SELECT t.replay FROM todo t
      WHERE t.target_id = d.target_id AND t.seq = d.seq), 0) AS marked
  FROM delivery d CROSS JOIN LATERAL (SELECT e.seq, e.event_type, e.origin_id, e.captured_at
    FROM event e WHERE e.seq = d.seq) e
  WHERE d.target_id = @targetId::bigint AND d.seq > @after::bigint AND d.seq <= @to::bigint
    AND d.status IN ${states}${conditions}
  ORDER BY d.seq LIMIT @page + 0`;

export const HEAD = 'SELECT seq AS head FROM head';

export const FLIGHT_OF = 'SELECT seqs FROM flight WHERE target_id = @targetId::bigint';

/** Deliveries of live events among those that are named. */
const LIVE_DELIVERIES = `
  FROM unnest(@seqs::bigint[]) AS w (seq)
  CROSS JOIN LATERAL (SELECT * FROM delivery d
    WHERE d.target_id = @targetId::bigint AND d.seq = w.seq) d
  CROSS JOIN LATERAL (SELECT e.origin_id FROM event e WHERE e.seq = w.seq) e
  CROSS JOIN LATERAL (SELECT g.pass_no FROM target g WHERE g.id = @targetId::bigint) g
  WHERE EXISTS (SELECT 1 FROM live v WHERE v.origin_id = e.origin_id AND v.seq = w.seq)`;

/**
 * Marks what is still delivered, live and unmarked. The row itself changes at
 * the next settlement, which opens the new generation.
 */
export const MARK_REPLAY = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  SELECT d.target_id, e.origin_id, d.seq, @now::bigint, g.pass_no, 'any', 1
  ${LIVE_DELIVERIES} AND d.status IN ${REPLAYABLE}
  ON CONFLICT (target_id, seq) DO NOTHING`;

/** Read again inside the transaction that changes them: a drain may have been faster. */
export const STILL_RETRIABLE = `
  SELECT d.seq, d.status, d.last_error AS error, e.origin_id AS "originId", g.pass_no AS "passNo"
  ${LIVE_DELIVERIES} AND d.status IN ${RETRIABLE}`;

/** What failed for good is transient again; all are due now. */
export const MAKE_DUE = `
  UPDATE delivery SET next_attempt_at = @now::bigint, status = CASE status
      WHEN 'terminal_failed' THEN 'failed_transient' ELSE status END,
    completed_at = CASE status WHEN 'terminal_failed' THEN NULL ELSE completed_at END
  WHERE target_id = @targetId::bigint AND seq = ANY(@seqs::bigint[])`;

/** An event keeps the isolation it has; one that failed for good shares batches with its like only. */
export const WRITE_DUE_TODOS = `
  INSERT INTO todo AS t (target_id, origin_id, seq, due_at, pass_no, company, replay)
  SELECT @targetId::bigint, w.origin_id, w.seq, @now::bigint, @passNo::bigint, 'suspect', 0
  FROM unnest(@originIds::bigint[], @seqs::bigint[]) AS w (origin_id, seq)
  ON CONFLICT (target_id, seq) DO UPDATE SET due_at = LEAST(t.due_at, excluded.due_at)`;

/** From the counters: what there is in these states, of the origins of a filter. */
export const deliveriesByClass = (
  states: string,
  hasType: boolean,
  hasOrigins: boolean,
): string => `
  SELECT class, status, sum(events) AS events FROM ledger_count
  WHERE target_id = @targetId::bigint AND status IN ${states}
    ${hasType ? 'AND origin_id IN (SELECT id FROM origin WHERE event_type = @type::text)' : ''}
    ${hasOrigins ? 'AND origin_id = ANY(@originIds::bigint[])' : ''}
  GROUP BY 1, 2 HAVING sum(events) > 0`;

const IN_FLIGHT = `(r ->> 0)::bigint AND (r ->> 1)::bigint`;
const deliveryOf = (seq: string): string => `CROSS JOIN LATERAL (SELECT * FROM delivery
    WHERE target_id = @targetId::bigint AND seq = ${seq} LIMIT 1) d`;
const EVENT = `CROSS JOIN LATERAL (SELECT seq, event_type, origin_id, captured_at FROM event
    WHERE seq = d.seq LIMIT 1) e`;
const IS_LIVE = 'NOT EXISTS (SELECT 1 FROM mark m WHERE m.seq = d.seq)';

/** What is on the wire for the target. */
const ON_THE_WIRE = `flight f CROSS JOIN LATERAL jsonb_array_elements(f.seqs::jsonb) r
  CROSS JOIN LATERAL (SELECT * FROM delivery
    WHERE target_id = @targetId::bigint AND seq BETWEEN ${IN_FLIGHT} ${LOOKED_UP}) d`;

/** Live deliveries of them that are on the wire. */
export const deliveriesInFlight = (states: string, conditions: string): string => `
  SELECT 'live' AS class, d.status, count(*) AS events
  FROM ${ON_THE_WIRE} ${EVENT}
  WHERE f.target_id = @targetId::bigint AND d.status IN ${states}${conditions}
    AND ${IS_LIVE} GROUP BY 2`;

/** Live ones of them that an earlier replay has marked, and that are not on the wire. */
export const deliveriesMarked = (states: string, conditions: string): string => `
  SELECT 'live' AS class, d.status, count(*) AS events
  FROM todo t ${deliveryOf('t.seq')} ${EVENT}
  WHERE t.target_id = @targetId::bigint AND t.replay = 1 AND d.status IN ${states}${conditions}
    AND ${IS_LIVE}
    AND NOT EXISTS (SELECT 1 FROM flight f CROSS JOIN LATERAL jsonb_array_elements(f.seqs::jsonb) r
      WHERE f.target_id = @targetId::bigint AND t.seq BETWEEN ${IN_FLIGHT})
  GROUP BY 2`;

const IS_WITHIN = '(e.captured_at >= @since::bigint AND e.captured_at < @until::bigint)';

/** Events of a stretch that were captured within two times, or that were not. */
export const STRAYS = `
  SELECT e.seq FROM event e WHERE e.seq BETWEEN @first::bigint AND @last::bigint
    AND ${IS_WITHIN} = @isWithin::boolean
  LIMIT @most + 0`;

/** Where deliveries are counted: in a stretch of the journal, or of the events that are named. */
export const IN_STRETCH = `(SELECT seq, status FROM delivery
    WHERE target_id = @targetId::bigint AND seq BETWEEN @first::bigint AND @last::bigint) d`;
export const OF_NAMED = `unnest(@named::bigint[]) AS n (seq) ${deliveryOf('n.seq')}`;

/** What is asked of the deliveries that are counted, beside where they are. */
export interface Asked {
  readonly states: string;
  /** On their events. */
  readonly conditions: string;
  /** Only those captured within the times, or only those that were not, as `@isWithin` says. */
  readonly hasTimes: boolean;
  readonly hasMarks: boolean;
}

/** Deliveries by class and status. */
export function counted(source: string, { states, conditions, hasTimes, hasMarks }: Asked): string {
  const hasEvents = hasTimes || conditions !== '';
  return `
  SELECT ${hasMarks ? `COALESCE(m.class, 'live')` : `'live'`} AS class, d.status, count(*) AS events
  FROM ${source}
    ${hasEvents ? 'JOIN event e ON e.seq = d.seq' : ''}
    ${hasMarks ? 'LEFT JOIN mark m ON m.seq = d.seq' : ''}
  WHERE d.status IN ${states}${conditions}
    ${hasTimes ? `AND ${IS_WITHIN} = @isWithin::boolean` : ''}
  GROUP BY 1, 2`;
}

/** Everything at a target that failed, or that nobody tried again: few rows where few deliveries failed. */
const FAILED = `
  SELECT seq FROM todo WHERE target_id = @targetId::bigint AND replay = 0
  UNION SELECT seq FROM delivery
    WHERE status = 'terminal_failed' AND target_id = @targetId::bigint
  UNION SELECT d.seq FROM ${ON_THE_WIRE} WHERE f.target_id = @targetId::bigint`;

/** The same with what is live no more: as many rows as the journal has marks. */
const FAILED_OR_GONE = `${FAILED}
  UNION SELECT d.seq FROM mark m ${deliveryOf('m.seq')} WHERE d.status IN ${RETRIABLE}`;

/** Failed deliveries, and of each whether the conditions hold. */
export const failedDeliveries = (isLive: boolean, conditions: string): string => `
  SELECT d.seq, d.status, d.last_error AS error,
    COALESCE((SELECT m.class FROM mark m WHERE m.seq = d.seq), 'live') AS class,
    COALESCE((SELECT t.replay FROM todo t
      WHERE t.target_id = d.target_id AND t.seq = d.seq), 0) AS marked,
    (true${conditions}) AS wanted
  FROM (${isLive ? FAILED : FAILED_OR_GONE}) q ${deliveryOf('q.seq')} ${EVENT}
  WHERE d.status IN ${RETRIABLE}`;
