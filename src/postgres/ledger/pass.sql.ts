/** Leases, passes and the health of a target. */

import { LEASE_END } from './claim.sql.js';
import { EXCLUDED_OF_ORIGIN } from './start.sql.js';

/** Of a target that was locked first, only while that lock stands; done twice, it is as done once. */
export const TAKE_LEASE = `
  UPDATE target SET lease_token = @token, lease_holder = @holder, lease_until = ${LEASE_END},
    lease_pid = pg_backend_pid()
  WHERE id = @targetId::bigint AND (@locked::text IS NULL OR lease_token IN (@locked::text, @token))`;

export const HOLDS_LEASE =
  'SELECT 1 AS held FROM target WHERE id = @targetId::bigint AND lease_token = @token';

export const OPEN_PASS = `
  UPDATE target SET pass_no = pass_no + 1, lease_until = ${LEASE_END}, lease_pid = pg_backend_pid()
  WHERE id = @targetId::bigint AND lease_token = @token
  RETURNING pass_no AS "passNo", circuit_failures AS "circuitFailures",
    circuit_open_until AS "circuitOpenUntil", resume_at AS "resumeAt",
    silent_times AS "silentTimes", blocked_reason AS "blockedReason",
    blocked_message AS "blockedMessage"`;

export const PASS_NO = 'SELECT pass_no AS "passNo" FROM target WHERE id = @targetId::bigint';

const FUTURE_RETRIES = `
    FROM unnest(@originIds::bigint[]) AS o (id)
    CROSS JOIN unnest(ARRAY['any', 'suspect', 'alone']) AS c (company)
    CROSS JOIN LATERAL (SELECT t.seq FROM todo t
      WHERE t.target_id = @targetId::bigint AND t.origin_id = o.id AND t.company = c.company
        AND t.due_at > @latest::bigint
      LIMIT @page + 0) t
    LIMIT @page + 0`;

/** Retries of these origins that were put off by a clock that has been set back since: no rule puts one off for so long. */
export const CLAMP_FUTURE_RETRIES = `
  UPDATE todo SET due_at = @now::bigint
  WHERE target_id = @targetId::bigint AND seq = ANY(ARRAY(SELECT t.seq ${FUTURE_RETRIES}))`;

export const HAS_FUTURE_RETRIES = `SELECT 1 AS found ${FUTURE_RETRIES}`;

/** What the health of a target is; where the lease has moved on, nothing changes. */
export const HEALTH = `circuit_failures = @circuitFailures::bigint,
    circuit_open_until = @circuitOpenUntil::bigint, resume_at = @resumeAt::bigint,
    silent_times = @silentTimes::bigint, blocked_reason = @blockedReason::text,
    blocked_message = @blockedMessage::text`;

export const CLOSE_PASS = `
  UPDATE target SET ${HEALTH}, lease_token = NULL, lease_holder = NULL, lease_until = NULL,
    lease_pid = NULL, last_drained_at = @now::bigint
  WHERE id = @targetId::bigint AND lease_token = @token`;

/** A page of origins: events of each that are live, and those of them the ledger names, by status. */
export const BACKLOG = `
  SELECT o.id AS "originId", o.project_uuid AS "projectUuid", o.repo_slug AS "repoSlug",
    o.checkout, o.event_type AS "eventType",
    COALESCE((SELECT events FROM journal_count j WHERE j.origin_id = o.id AND j.class = 'live'), 0) AS live,
    COALESCE((SELECT sum(events) FROM ledger_count c
      WHERE c.target_id = @targetId::bigint AND c.origin_id = o.id AND c.class = 'live'), 0) AS known,
    ${EXCLUDED_OF_ORIGIN} AS early,
    COALESCE((SELECT sum(events) FROM ledger_count c
      WHERE c.target_id = @targetId::bigint AND c.origin_id = o.id AND c.class = 'live'
        AND c.status IN ('pending', 'rejected', 'failed_transient')), 0)
    + (SELECT count(*) FROM todo t
      WHERE t.target_id = @targetId::bigint AND t.origin_id = o.id AND t.replay = 1) AS retryable
  FROM origin o WHERE o.id > @after::bigint ORDER BY o.id LIMIT @page + 0`;

/** Writes nothing where it says so already. */
export const NOTE_BLOCKED = `
  UPDATE target SET blocked_reason = @reason::text, blocked_message = @message::text
  WHERE id = @targetId::bigint
    AND (blocked_reason, blocked_message) IS DISTINCT FROM (@reason::text, @message::text)`;

export const TARGET_NAME = 'SELECT name FROM target WHERE id = @targetId::bigint';
