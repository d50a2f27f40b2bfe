/** What `retry` and `replay` read and write. Deliveries and todos only: no statement writes a journal row. */

/** The states an operator may have tried again, and those that may be delivered again. */
export const RETRIABLE = `('terminal_failed', 'rejected', 'failed_transient')`;
export const REPLAYABLE = `('success', 'duplicate')`;
export const STATES = { retry: RETRIABLE, replay: REPLAYABLE } as const;

/** One page of deliveries in these states, with what stands in the way of each. */
export const candidates = (states: string, conditions: string): string => `
  SELECT d.seq, d.status, d.last_error AS error, COALESCE(m.class, 'live') AS class, COALESCE(t.replay, 0) AS marked
  FROM delivery d CROSS JOIN event e ON e.seq = d.seq
  LEFT JOIN mark m ON m.seq = d.seq
  LEFT JOIN todo t ON t.target_id = d.target_id AND t.seq = d.seq
  WHERE d.target_id = @targetId AND d.seq > @after AND d.seq <= @to AND d.status IN ${states}${conditions}
  ORDER BY d.seq LIMIT @page + 0`;

export const HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head FROM event';

export const FLIGHT_OF = 'SELECT seqs FROM flight WHERE target_id = ?';

/**
 * Marks what is still delivered, live and unmarked. The row itself changes at
 * the next settlement, which opens the new generation.
 */
export const MARK_REPLAY = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  SELECT d.target_id, e.origin_id, d.seq, @now, g.pass_no, 'any', 1
  FROM json_each(@seqs) j
  CROSS JOIN delivery d ON d.target_id = @targetId AND d.seq = j.value
  CROSS JOIN event e ON e.seq = d.seq
  CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  CROSS JOIN target g ON g.id = d.target_id
  WHERE d.status IN ${REPLAYABLE}
    AND NOT EXISTS (SELECT 1 FROM todo t WHERE t.target_id = d.target_id AND t.seq = d.seq)`;

/** Read again inside the transaction that changes them: a drain may have been faster. */
export const STILL_RETRIABLE = `
  SELECT d.seq, d.status, d.last_error AS error, e.origin_id AS originId, g.pass_no AS passNo
  FROM json_each(@seqs) j
  CROSS JOIN delivery d ON d.target_id = @targetId AND d.seq = j.value
  CROSS JOIN event e ON e.seq = d.seq
  CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  CROSS JOIN target g ON g.id = d.target_id
  WHERE d.status IN ${RETRIABLE}`;

export const REVIVE = `
  UPDATE delivery SET status = 'failed_transient', completed_at = NULL, next_attempt_at = @now
  WHERE target_id = @targetId AND seq = @seq AND status = 'terminal_failed'`;

export const MAKE_DUE = `
  UPDATE delivery SET next_attempt_at = @now WHERE target_id = @targetId AND seq = @seq`;

/** An event keeps the isolation it has; one that failed for good shares batches with its like only. */
export const WRITE_DUE_TODO = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  VALUES (@targetId, @originId, @seq, @now, @passNo, 'suspect', 0)
  ON CONFLICT (target_id, seq) DO UPDATE SET due_at = MIN(due_at, excluded.due_at)`;

/** From the counters: what there is in these states, of the origins of a filter. */
export const deliveriesByClass = (
  states: string,
  hasType: boolean,
  hasOrigins: boolean,
): string => `
  SELECT class, status, SUM(events) AS events FROM ledger_count c
  WHERE target_id = @targetId AND status IN ${states}
    ${hasType ? 'AND origin_id IN (SELECT id FROM origin WHERE event_type = @type)' : ''}
    ${hasOrigins ? 'AND origin_id IN (SELECT value FROM json_each(@originIds))' : ''}
  GROUP BY class, status`;

/** The deliveries that are on the wire. */
const ON_THE_WIRE = `flight f CROSS JOIN json_each(f.seqs) r
  CROSS JOIN delivery d ON d.target_id = f.target_id AND d.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

/** Live ones of them that are on the wire. */
export const deliveriesInFlight = (states: string, conditions: string): string => `
  SELECT 'live' AS class, d.status, COUNT(*) AS events
  FROM ${ON_THE_WIRE}
  CROSS JOIN event e ON e.seq = d.seq
  WHERE f.target_id = @targetId AND d.status IN ${states}${conditions}
    AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.seq = d.seq) GROUP BY d.status`;

/** Live ones of them that an earlier replay has marked, and that are not on the wire. */
export const deliveriesMarked = (states: string, conditions: string): string => `
  SELECT 'live' AS class, d.status, COUNT(*) AS events
  FROM todo t CROSS JOIN delivery d ON d.target_id = t.target_id AND d.seq = t.seq
  CROSS JOIN event e ON e.seq = t.seq
  WHERE t.target_id = @targetId AND t.replay = 1 AND d.status IN ${states}${conditions}
    AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.seq = t.seq)
    AND NOT EXISTS (SELECT 1 FROM flight f CROSS JOIN json_each(f.seqs) r
      WHERE f.target_id = t.target_id AND t.seq BETWEEN r.value ->> 0 AND r.value ->> 1)
  GROUP BY d.status`;

const IS_WITHIN = '(e.captured_at >= @since AND e.captured_at < @until)';

/** Events of a stretch that were captured within two times, or that were not. */
export const STRAYS = `
  SELECT e.seq FROM event e WHERE e.seq BETWEEN @first AND @last AND ${IS_WITHIN} = @isWithin
  LIMIT @most + 0`;

/** What is asked of the deliveries that are counted, beside where they are. */
export interface Asked {
  /** How many classes and statuses are counted: `@class0`, `@status0` and so on. */
  readonly kinds: number;
  readonly hasMarks: boolean;
  readonly hasType: boolean;
  readonly hasOrigins: boolean;
  /** Only those captured within the times, or only those that were not, as `@isWithin` says. */
  readonly hasTimes: boolean;
}

/**
 * One column for each class and status. Groups would take twice as long, and each row
 * that is looked up beside the delivery as long as the delivery itself.
 */
function counted(asked: Asked, source: string): string {
  const { kinds, hasMarks, hasType, hasOrigins, hasTimes } = asked;
  const ofClass = (i: number) => (hasMarks ? ` AND COALESCE(m.class, 'live') = @class${i}` : '');
  const columns = Array.from(
    { length: kinds },
    (_, i) => `COUNT(*) FILTER (WHERE d.status = @status${i}${ofClass(i)})`,
  );
  return `SELECT ${columns.join(', ')} FROM ${source}
    ${hasType || hasOrigins || hasTimes ? 'CROSS JOIN event e ON e.seq = d.seq' : ''}
    ${hasMarks ? 'LEFT JOIN mark m ON m.seq = d.seq' : ''} WHERE true
    ${hasType ? 'AND e.event_type = @type' : ''}
    ${hasOrigins ? 'AND e.origin_id IN (SELECT value FROM json_each(@originIds))' : ''}
    ${hasTimes ? `AND ${IS_WITHIN} = @isWithin` : ''}`;
}

/** Deliveries of a stretch of the journal. */
export const countedInStretch = (asked: Asked): string =>
  `${counted(asked, 'delivery d')} AND d.target_id = @targetId AND d.seq BETWEEN @first AND @last`;

/** Deliveries of the events that are named. */
export const countedOfNamed = (asked: Asked): string =>
  counted(
    asked,
    'json_each(@named) j CROSS JOIN delivery d ON d.target_id = @targetId AND d.seq = j.value',
  );

/** Everything at a target that failed, or that nobody tried again: few rows where few deliveries failed. */
const FAILED = `
  SELECT seq FROM todo WHERE target_id = @targetId AND replay = 0
  UNION SELECT seq FROM delivery INDEXED BY ix_delivery_terminal
    WHERE status = 'terminal_failed' AND target_id = @targetId
  UNION SELECT d.seq FROM ${ON_THE_WIRE}
    WHERE f.target_id = @targetId`;

/** The same with what is live no more: as many rows as the journal has marks. */
const FAILED_OR_GONE = `${FAILED}
  UNION SELECT m.seq FROM mark m CROSS JOIN delivery d ON d.target_id = @targetId AND d.seq = m.seq
    WHERE d.status IN ${RETRIABLE}`;

/** Failed deliveries, and of each whether the conditions hold. */
export const failedDeliveries = (isLive: boolean, conditions: string): string => `
  SELECT d.seq, d.status, d.last_error AS error, COALESCE(m.class, 'live') AS class,
    COALESCE(t.replay, 0) AS marked, (true${conditions}) AS wanted
  FROM (${isLive ? FAILED : FAILED_OR_GONE}) q
  CROSS JOIN delivery d ON d.target_id = @targetId AND d.seq = q.seq
  CROSS JOIN event e ON e.seq = d.seq
  LEFT JOIN mark m ON m.seq = d.seq
  LEFT JOIN todo t ON t.target_id = d.target_id AND t.seq = d.seq
  WHERE d.status IN ${RETRIABLE}`;

/** Live ones among them that are on the wire, by their error. */
export const ERRORS_IN_FLIGHT = `
  SELECT d.status, d.last_error AS error, COUNT(*) AS events
  FROM ${ON_THE_WIRE}
  WHERE f.target_id = @targetId AND d.status IN ${RETRIABLE}
    AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.seq = d.seq) GROUP BY 1, 2`;
