/** Every statement that writes deliveries. None of them can touch a journal row. */

import { LOOKED_UP, RANGES } from '../ranges.js';
import { LEASE_END } from './claim.sql.js';
import { HEALTH } from './pass.sql.js';

/**
 * The statements of a settlement have one plan each, for any number of ranges. The planner takes
 * ten ranges for what it does not know, and would rather plan them again for every batch.
 */
export const KEEP_PLANS = 'SET LOCAL plan_cache_mode = force_generic_plan';

/**
 * What is known of the events of a batch: deliveries, todos and marks. A first
 * attempt has none of them, and most are first attempts.
 */
export const KNOWN = `
  SELECT 'delivery' AS kind, d.seq AS number, NULL::text AS text, NULL::int AS replay,
    d.status, d.attempt_count AS "attemptCount", d.rejection_count AS "rejectionCount",
    d.first_attempted_at AS "firstAttemptedAt", d.last_attempted_at AS "lastAttemptedAt",
    d.accepted_at AS "acceptedAt", d.completed_at AS "completedAt",
    d.next_attempt_at AS "nextAttemptAt", d.server_drain_state AS "serverDrainState",
    d.last_http_status AS "lastHttpStatus", d.last_error AS "lastError",
    d.last_response_json AS "lastResponseJson", d.deployment_ref AS "deploymentRef", d.generation
  FROM ${RANGES} CROSS JOIN LATERAL (SELECT * FROM delivery d
    WHERE d.target_id = @targetId::bigint AND d.seq BETWEEN r.first AND r.last ${LOOKED_UP}) d
  UNION ALL
  SELECT 'todo', t.seq, NULL, t.replay, ${nulls(14)}
  FROM ${RANGES} CROSS JOIN LATERAL (SELECT t.seq, t.replay FROM todo t
    WHERE t.target_id = @targetId::bigint AND t.seq BETWEEN r.first AND r.last ${LOOKED_UP}) t
  UNION ALL
  SELECT 'mark', m.seq, m.class, NULL, ${nulls(14)}
  FROM ${RANGES} CROSS JOIN LATERAL (SELECT m.seq, m.class FROM mark m
    WHERE m.seq BETWEEN r.first AND r.last ${LOOKED_UP}) m`;

function nulls(count: number): string {
  return Array.from({ length: count }, () => 'NULL').join(', ');
}

const STATE_COLUMNS = `target_id, seq, status, attempt_count, rejection_count, first_attempted_at,
    last_attempted_at, accepted_at, completed_at, next_attempt_at, server_drain_state,
    last_http_status, last_error, last_response_json, deployment_ref, generation`;

export const WRITE_DELIVERIES = `
  INSERT INTO delivery (${STATE_COLUMNS})
  SELECT @targetId::bigint, w.* FROM unnest(@seqs::bigint[], @statuses::text[],
    @attemptCounts::bigint[], @rejectionCounts::bigint[], @firstAttemptedAts::bigint[],
    @lastAttemptedAts::bigint[], @acceptedAts::bigint[], @completedAts::bigint[],
    @nextAttemptAts::bigint[], @serverDrainStates::text[], @lastHttpStatuses::int[],
    @lastErrors::text[], @lastResponses::text[], @deploymentRefs::bigint[],
    @generations::bigint[]) AS w
  ON CONFLICT (target_id, seq) DO UPDATE SET
    status = excluded.status, attempt_count = excluded.attempt_count,
    rejection_count = excluded.rejection_count, first_attempted_at = excluded.first_attempted_at,
    last_attempted_at = excluded.last_attempted_at, accepted_at = excluded.accepted_at,
    completed_at = excluded.completed_at, next_attempt_at = excluded.next_attempt_at,
    server_drain_state = excluded.server_drain_state, last_http_status = excluded.last_http_status,
    last_error = excluded.last_error, last_response_json = excluded.last_response_json,
    deployment_ref = excluded.deployment_ref, generation = excluded.generation`;

/** The same, and the flight of a claim for whoever holds the lease: when it began, and its events. */
export const KNOWN_AND_FLIGHT = `${KNOWN}
  UNION ALL
  SELECT 'flight', f.started_at, f.seqs, NULL, ${nulls(14)}
  FROM target g JOIN flight f ON f.target_id = g.id
  WHERE g.id = @targetId::bigint AND g.lease_token = @token AND f.claim_id = @claimId`;

/** First deliveries that differ in nothing but their event: one statement for a whole batch. */
export const WRITE_ALIKE = `
  INSERT INTO delivery (${STATE_COLUMNS})
  SELECT @targetId::bigint, s.seq, @status, @attemptCount::bigint, @rejectionCount::bigint,
    @firstAttemptedAt::bigint, @lastAttemptedAt::bigint, @acceptedAt::bigint,
    @completedAt::bigint, @nextAttemptAt::bigint, @serverDrainState, @lastHttpStatus::int,
    @lastError, @lastResponseJson, @deploymentRef::bigint, @generation::bigint
  FROM ${RANGES} CROSS JOIN LATERAL generate_series(r.first, r.last) AS s (seq)`;

export const KEEP_GENERATIONS = `
  INSERT INTO delivery_history (${STATE_COLUMNS})
  SELECT ${STATE_COLUMNS} FROM delivery
  WHERE target_id = @targetId::bigint AND seq = ANY(@seqs::bigint[])`;

export const WRITE_TODOS = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  SELECT @targetId::bigint, w.origin_id, w.seq, w.due_at, @passNo::bigint, w.company, 0
  FROM unnest(@originIds::bigint[], @seqs::bigint[], @dueAts::bigint[], @companies::text[])
    AS w (origin_id, seq, due_at, company)
  ON CONFLICT (target_id, seq) DO UPDATE SET due_at = excluded.due_at,
    pass_no = excluded.pass_no, company = excluded.company, replay = 0`;

export const DROP_TODOS =
  'DELETE FROM todo WHERE target_id = @targetId::bigint AND seq = ANY(@seqs::bigint[])';

/** Each counter only once in a statement. */
export const COUNT_DELIVERIES = `
  INSERT INTO ledger_count AS c (target_id, origin_id, class, status, events)
  SELECT @targetId::bigint, w.*
  FROM unnest(@originIds::bigint[], @classes::text[], @statuses::text[], @events::bigint[]) AS w
  ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET
    events = c.events + excluded.events`;

/** A second count of the rows, apart from the counters, so that a falsified one shows. */
export const COUNT_NEW_ROWS = `
  UPDATE target SET delivery_rows = delivery_rows + @events::bigint WHERE id = @targetId::bigint`;

export const FIND_FLIGHT = `
  SELECT claim_id AS "claimId", seqs, started_at AS "startedAt" FROM flight
  WHERE target_id = @targetId::bigint`;

/** The flight of a claim, for whoever holds the lease. */
export const FLIGHT_OF_CLAIM = `
  SELECT f.claim_id AS "claimId", f.seqs, f.started_at AS "startedAt"
  FROM target g JOIN flight f ON f.target_id = g.id
  WHERE g.id = @targetId::bigint AND g.lease_token = @token AND f.claim_id = @claimId`;

const LOGGED = `
  INSERT INTO post (target_id, pass_no, started_at, duration_ms, first_seq, last_seq, events,
    outcomes, http_status, bytes_sent, error, requests)
  SELECT @targetId::bigint, @passNo::bigint, @startedAt::bigint, @durationMs::bigint,
    @first::bigint, @last::bigint, @postEvents::bigint, @outcomes::text, @httpStatus::int,
    @bytesSent::bigint, @error::text, @requests::bigint
  WHERE @outcomes::text IS NOT NULL`;

export const LOG_POST = LOGGED;

/** A line of the log among the last few of a target. */
export const FIND_LOGGED = `
  SELECT 1 AS found FROM (
    SELECT pass_no, started_at, first_seq, last_seq FROM post
    WHERE target_id = @targetId::bigint ORDER BY id DESC LIMIT 8) p
  WHERE p.pass_no = @passNo::bigint AND p.started_at = @startedAt::bigint
    AND p.first_seq = @first::bigint AND p.last_seq = @last::bigint`;

/** The flight without what was settled or given back; `@left` is null where nothing is left. */
const FLIGHT_ENDED = `
  changed AS (
    UPDATE flight SET seqs = @left::text, started_at = @flightFrom::bigint
    WHERE target_id = @targetId::bigint AND claim_id = @claimId AND @left::text IS NOT NULL),
  ended AS (
    DELETE FROM flight
    WHERE target_id = @targetId::bigint AND claim_id = @claimId AND @left::text IS NULL)`;

export const END_FLIGHT = `
  WITH ${FLIGHT_ENDED}
  UPDATE target SET lease_until = ${LEASE_END} WHERE id = @targetId::bigint`;

/**
 * The end of a settlement: deliveries that are alike, where there are any, counters, the line
 * of the log, the flight, and the health of the target.
 */
export const FINISH = `
  WITH delivered AS (${WRITE_ALIKE}),
  counted AS (${COUNT_DELIVERIES}),
  logged AS (${LOGGED}),
  ${FLIGHT_ENDED}
  UPDATE target SET ${HEALTH}, delivery_rows = delivery_rows + @newRows::bigint,
    lease_until = ${LEASE_END}
  WHERE id = @targetId::bigint`;

/** The events of ranges with their origins. */
export const ORIGINS_OF = `
  SELECT e.seq, e.origin_id AS "originId" FROM ${RANGES}
  CROSS JOIN LATERAL (SELECT e.seq, e.origin_id FROM event e
    WHERE e.seq BETWEEN r.first AND r.last ${LOOKED_UP}) e
  ORDER BY e.seq`;
