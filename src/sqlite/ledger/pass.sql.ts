/** Leases, passes and the health of a target. */

import { LIVE_OF_ORIGIN, WITH_RECENT } from '../journal/filing.sql.js';
import { EXCLUDED_OF_ORIGIN } from './start.sql.js';

export const TAKE_LEASE =
  'UPDATE target SET lease_token = @token, lease_holder = @holder WHERE id = @targetId';

export const HOLDS_LEASE = 'SELECT 1 FROM target WHERE id = @targetId AND lease_token = @token';

export const OPEN_PASS = `
  UPDATE target SET pass_no = pass_no + 1
  WHERE id = @targetId AND lease_token = @token
  RETURNING pass_no AS passNo, circuit_failures AS circuitFailures,
    circuit_open_until AS circuitOpenUntil, resume_at AS resumeAt, silent_times AS silentTimes, blocked_reason AS blockedReason, blocked_message AS blockedMessage`;

const FUTURE_RETRIES = `
    FROM json_each(@origins) o CROSS JOIN json_each('["any","suspect","alone"]') c
    CROSS JOIN todo t INDEXED BY ix_todo_due
    WHERE t.target_id = @targetId AND t.origin_id = o.value AND t.company = c.value
      AND t.due_at > @latest`;

/** Retries of these origins that were put off by a clock that has been set back since: no rule puts one off for so long. */
export const CLAMP_FUTURE_RETRIES = `
  UPDATE todo SET due_at = @now WHERE (target_id, seq) IN (
    SELECT t.target_id, t.seq ${FUTURE_RETRIES}
    LIMIT @page + 0)`;

export const HAS_FUTURE_RETRIES = `SELECT 1 ${FUTURE_RETRIES} LIMIT 1`;

export const JOURNAL_HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head FROM event';

export const RECORD_HEALTH = `
  UPDATE target SET circuit_failures = @circuitFailures, circuit_open_until = @circuitOpenUntil,
    resume_at = @resumeAt, silent_times = @silentTimes,
    blocked_reason = @blockedReason, blocked_message = @blockedMessage
  WHERE id = @targetId AND lease_token = @token`;

export const CLOSE_PASS = `
  UPDATE target SET lease_token = NULL, lease_holder = NULL, last_drained_at = @now
  WHERE id = @targetId AND lease_token = @token`;

/** A page of origins: events of each that are live, and those of them the ledger names, by status. */
export const BACKLOG = `${WITH_RECENT}
  SELECT o.id AS originId, o.project_uuid AS projectUuid, o.repo_slug AS repoSlug, o.checkout,
    o.event_type AS eventType,
    ${LIVE_OF_ORIGIN} AS live,
    COALESCE((SELECT SUM(events) FROM ledger_count c
      WHERE c.target_id = @targetId AND c.origin_id = o.id AND c.class = 'live'), 0) AS known,
    ${EXCLUDED_OF_ORIGIN} AS early,
    COALESCE((SELECT SUM(events) FROM ledger_count c
      WHERE c.target_id = @targetId AND c.origin_id = o.id AND c.class = 'live'
        AND c.status IN ('pending', 'rejected', 'failed_transient')), 0)
    + (SELECT COUNT(*) FROM todo t INDEXED BY ix_todo_replay
      WHERE t.target_id = @targetId AND t.origin_id = o.id AND t.replay = 1) AS retryable
  FROM origin o WHERE o.id > @after ORDER BY o.id LIMIT @page + 0`;

export const NOTE_BLOCKED =
  'UPDATE target SET blocked_reason = ?, blocked_message = ? WHERE id = ?';
