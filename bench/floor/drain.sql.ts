/** What a drain reads and writes, as plainly as SQL can say it. */

export const READ_BATCH = `
  SELECT e.seq, e.event_id AS eventId, e.origin_id AS originId, p.bytes
  FROM event e JOIN payload p ON p.seq = e.seq WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;

export const MOVE_CURSOR = `
  INSERT INTO lane (target_id, origin_id, cursor) VALUES (1, ?, ?)
  ON CONFLICT (target_id, origin_id) DO UPDATE SET cursor = excluded.cursor`;

export const TAKE_OFF = `
  INSERT INTO flight (target_id, claim_id, seqs, started_at) VALUES (1, ?, ?, ?)`;

export const LAND = 'DELETE FROM flight WHERE target_id = 1';

export const INSERT_DELIVERY = `
  INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, first_attempted_at,
    last_attempted_at, accepted_at, completed_at, next_attempt_at, server_drain_state,
    last_http_status, last_error, last_response_json, deployment_ref, generation)
  VALUES (1, ?, ?, 1, 0, ?, ?, ?, ?, NULL, NULL, ?, NULL, ?, NULL, 1)`;

export const COUNT_DELIVERIES = `
  INSERT INTO ledger_count (target_id, origin_id, class, status, events) VALUES (1, ?, 'live', ?, ?)
  ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET events = events + excluded.events`;

export const LOG_POST = `
  INSERT INTO post (target_id, pass_no, started_at, duration_ms, first_seq, last_seq, events,
    outcomes, http_status, bytes_sent, error)
  VALUES (1, 1, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`;
