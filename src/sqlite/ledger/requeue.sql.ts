/** What `retry` and `replay` read and write. Deliveries and todos only: no statement writes a journal row. */

/** The states an operator may have tried again, and those that may be delivered again. */
export const RETRIABLE = `('terminal_failed', 'rejected', 'failed_transient')`;
export const REPLAYABLE = `('success', 'duplicate')`;

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

/** The origins of a filter, for `origin_id` of the table that is counted. */
export const ofOrigins = (hasType: boolean, hasOrigins: boolean): string =>
  [
    hasType ? ' AND origin_id IN (SELECT id FROM origin WHERE event_type = @type)' : '',
    hasOrigins ? ' AND origin_id IN (SELECT value FROM json_each(@originIds))' : '',
  ].join('');

/** From the counters: what there is in these states. */
export const deliveriesByClass = (states: string, ofOrigin: string): string => `
  SELECT class, status, SUM(events) AS events FROM ledger_count
  WHERE target_id = @targetId AND status IN ${states}${ofOrigin} GROUP BY class, status`;

/** Live ones of them that are on the wire. */
export const deliveriesInFlight = (states: string, ofOrigin: string): string => `
  SELECT 'live' AS class, d.status, COUNT(*) AS events
  FROM flight f CROSS JOIN json_each(f.seqs) r
  CROSS JOIN delivery d ON d.target_id = f.target_id AND d.seq BETWEEN r.value ->> 0 AND r.value ->> 1
  CROSS JOIN event e ON e.seq = d.seq
  WHERE f.target_id = @targetId AND d.status IN ${states}${ofOrigin}
    AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.seq = d.seq) GROUP BY d.status`;

/** Live ones of them that an earlier replay has marked, and that are not on the wire. */
export const deliveriesMarked = (states: string, ofOrigin: string): string => `
  SELECT 'live' AS class, d.status, COUNT(*) AS events
  FROM todo t CROSS JOIN delivery d ON d.target_id = t.target_id AND d.seq = t.seq
  WHERE t.target_id = @targetId AND t.replay = 1 AND d.status IN ${states}${ofOrigin}
    AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.seq = t.seq)
    AND NOT EXISTS (SELECT 1 FROM flight f CROSS JOIN json_each(f.seqs) r
      WHERE f.target_id = t.target_id AND t.seq BETWEEN r.value ->> 0 AND r.value ->> 1)
  GROUP BY d.status`;
