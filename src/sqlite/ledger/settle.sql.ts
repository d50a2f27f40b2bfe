/** Every statement that writes deliveries. None of them can touch a journal row. */

/** Deliveries that exist for events of a batch, and whether they are to be replayed. */
export const KNOWN_DELIVERIES = `
  SELECT d.seq, d.status, d.attempt_count AS attemptCount, d.rejection_count AS rejectionCount,
    d.first_attempted_at AS firstAttemptedAt, d.last_attempted_at AS lastAttemptedAt,
    d.accepted_at AS acceptedAt, d.completed_at AS completedAt,
    d.next_attempt_at AS nextAttemptAt, d.server_drain_state AS serverDrainState,
    d.last_http_status AS lastHttpStatus, d.last_error AS lastError,
    d.last_response_json AS lastResponseJson, d.deployment_ref AS deploymentRef, d.generation
  FROM json_each(@ranges) r CROSS JOIN delivery d
    ON d.target_id = @targetId AND d.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

export const KNOWN_TODOS = `
  SELECT t.seq, t.replay
  FROM json_each(@ranges) r CROSS JOIN todo t
    ON t.target_id = @targetId AND t.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

export const KNOWN_MARKS = `
  SELECT m.seq, m.class FROM json_each(@ranges) r
  CROSS JOIN mark m ON m.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

const STATE_COLUMNS = `target_id, seq, status, attempt_count, rejection_count, first_attempted_at,
    last_attempted_at, accepted_at, completed_at, next_attempt_at, server_drain_state,
    last_http_status, last_error, last_response_json, deployment_ref, generation`;

export const WRITE_DELIVERY = `
  INSERT INTO delivery (${STATE_COLUMNS})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (target_id, seq) DO UPDATE SET
    status = excluded.status, attempt_count = excluded.attempt_count,
    rejection_count = excluded.rejection_count, first_attempted_at = excluded.first_attempted_at,
    last_attempted_at = excluded.last_attempted_at, accepted_at = excluded.accepted_at,
    completed_at = excluded.completed_at, next_attempt_at = excluded.next_attempt_at,
    server_drain_state = excluded.server_drain_state, last_http_status = excluded.last_http_status,
    last_error = excluded.last_error, last_response_json = excluded.last_response_json,
    deployment_ref = excluded.deployment_ref, generation = excluded.generation`;

/** First deliveries that differ in nothing but their event: one statement for a whole batch. */
export const WRITE_ALIKE = `
  INSERT INTO delivery (${STATE_COLUMNS})
  SELECT @targetId, e.seq, @status, @attemptCount, @rejectionCount, @firstAttemptedAt,
    @lastAttemptedAt, @acceptedAt, @completedAt, @nextAttemptAt, @serverDrainState,
    @lastHttpStatus, @lastError, @lastResponseJson, @deploymentRef, @generation
  FROM json_each(@ranges) r CROSS JOIN event e ON e.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

export const KEEP_GENERATION = `
  INSERT INTO delivery_history (${STATE_COLUMNS})
  SELECT ${STATE_COLUMNS} FROM delivery WHERE target_id = ? AND seq = ?`;

export const WRITE_TODO = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  VALUES (?, ?, ?, ?, ?, ?, 0)
  ON CONFLICT (target_id, seq) DO UPDATE SET due_at = excluded.due_at,
    pass_no = excluded.pass_no, company = excluded.company, replay = 0`;

export const DROP_TODO = 'DELETE FROM todo WHERE target_id = ? AND seq = ?';

export const COUNT_DELIVERIES = `
  INSERT INTO ledger_count (target_id, origin_id, class, status, events) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET events = events + excluded.events`;

/** A second count of the rows, apart from the counters, so that a falsified one shows. */
export const COUNT_NEW_ROWS = 'UPDATE target SET delivery_rows = delivery_rows + ? WHERE id = ?';

export const FIND_FLIGHT = `
  SELECT claim_id AS claimId, seqs, started_at AS startedAt FROM flight WHERE target_id = ?`;

/** The same while a lease is in force. */
export const FLIGHT_UNDER_LEASE = `
  SELECT f.claim_id AS claimId, f.seqs, f.started_at AS startedAt
  FROM target t CROSS JOIN flight f ON f.target_id = t.id
  WHERE t.id = @targetId AND t.lease_token = @token`;

export const TARGET_NAME = 'SELECT name FROM target WHERE id = ?';

export const CHANGE_FLIGHT = `
  UPDATE flight SET seqs = ?, started_at = ? WHERE target_id = ? AND claim_id = ?`;

export const DELETE_FLIGHT = 'DELETE FROM flight WHERE target_id = ? AND claim_id = ?';

export const LOG_POST = `
  INSERT INTO post (target_id, pass_no, started_at, duration_ms, first_seq, last_seq, events,
    outcomes, http_status, bytes_sent, error, requests)
  VALUES (@targetId, @passNo, @startedAt, @durationMs, @first, @last, @events,
    @outcomes, @httpStatus, @bytesSent, @error, @requests)`;

export const ORIGINS_OF =
  'SELECT e.seq, e.origin_id AS originId FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value';
