/** Statements beside BullMQ's own. The schema of the jobs is on the search path. */

/** Made with BullMQ's tables, by `redrain jobs init`. */
export const CREATE_RECORDS = `
  CREATE TABLE IF NOT EXISTS redrain_record (
    kind text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (kind, key)
  )`;
/** Undefined where `jobs init` has not run. */
export const HAS_RECORDS = `SELECT to_regclass('redrain_record') IS NOT NULL AS present`;

export const FIND_RECORD = 'SELECT value FROM redrain_record WHERE kind = $1 AND key = $2';
export const LIST_RECORDS =
  'SELECT key, value FROM redrain_record WHERE kind = $1 ORDER BY key COLLATE "C"';
export const PUT_RECORD = `
  INSERT INTO redrain_record (kind, key, value) VALUES ($1, $2, $3)
  ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`;
export const INSERT_RECORD = `
  INSERT INTO redrain_record (kind, key, value) VALUES ($1, $2, $3)
  ON CONFLICT (kind, key) DO NOTHING`;
/** Guarded by what was read: of two processes one gets it. */
export const REPLACE_RECORD =
  'UPDATE redrain_record SET value = $3 WHERE kind = $1 AND key = $2 AND value = $4';
export const DELETE_RECORD = 'DELETE FROM redrain_record WHERE kind = $1 AND key = $2';

export const RUN_AT = `
  SELECT process_at_ms::float8 AS "runAt" FROM job
  WHERE queue = $1 AND id = $2 AND state = 'delayed'`;
export const FORGET_STALLS = `
  UPDATE job SET stalled_count = 0, deferred_failure = NULL, stalled_marked = false
  WHERE queue = $1 AND id = $2`;
/** Set by a clock that was ahead of now. */
export const RESTART_DELAYS = `
  UPDATE job SET process_at_ms = $2 + delay_ms
  WHERE queue = $1 AND state = 'delayed' AND process_at_ms - delay_ms > $2`;
export const RESTART_LOCKS = `
  UPDATE job SET locked_until_ms = $2 + greatest(0, locked_until_ms - processed_at_ms),
    processed_at_ms = $2
  WHERE queue = $1 AND state = 'active' AND processed_at_ms > $2`;
/** BullMQ looks for lost workers no sooner than some time after this. */
export const RESTART_LOOKS = `
  UPDATE meta SET value = $2::text
  WHERE queue = $1 AND field = 'stalled-check' AND value::bigint > $2`;

export const TIME = 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms';
/** Times of events are the server's. */
export const EVENT_BEFORE = `
  SELECT coalesce(max(id), 0)::text AS id FROM event
  WHERE queue = $1 AND created_at_ms < $2`;

export const COUNT_JOBS = `
  SELECT state::text AS state, count(*)::float8 AS jobs FROM job WHERE queue = $1 GROUP BY state`;
export const LIST_JOBS = `
  SELECT id, state::text AS state FROM job
  WHERE queue = $1 AND state::text = ANY ($2) ORDER BY added_at_ms, abs(seq) LIMIT $3`;
export const READ_JOB = `
  SELECT data::text AS data, progress::text AS progress, return_value::text AS returnvalue,
    failed_reason AS "failedReason", stacktrace::text AS stacktrace,
    attempts_started > 0 AS started FROM job WHERE queue = $1 AND id = $2`;
export const WRITE_JOB = {
  data: 'UPDATE job SET data = $3::jsonb WHERE queue = $1 AND id = $2',
  progress: 'UPDATE job SET progress = $3::jsonb WHERE queue = $1 AND id = $2',
  returnvalue: 'UPDATE job SET return_value = $3::jsonb WHERE queue = $1 AND id = $2',
  failedReason: 'UPDATE job SET failed_reason = $3 WHERE queue = $1 AND id = $2',
  stacktrace: 'UPDATE job SET stacktrace = $3::jsonb WHERE queue = $1 AND id = $2',
} as const;
export const EVENT_DETAILS = `
  SELECT id::text AS id, data ->> 'jobId' AS "jobId",
    coalesce(data ->> 'returnvalue', data ->> 'failedReason', data ->> 'data') AS text
  FROM event WHERE queue = $1 AND data ?| ARRAY['returnvalue', 'failedReason', 'data'] ORDER BY id`;
export const FORGET_EVENT = 'DELETE FROM event WHERE queue = $1 AND id = $2';
