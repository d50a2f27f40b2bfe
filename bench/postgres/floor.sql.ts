/**
 * The rows of the product, column for column and with the same keys, and nothing that
 * watches over them; and the fewest statements that claim and settle.
 */

export const FLOOR_SCHEMA = `
  CREATE SCHEMA floor;
  SET search_path = floor;
  CREATE SEQUENCE numbers;
  CREATE TABLE event (
    seq bigint PRIMARY KEY, event_id text NOT NULL, revision integer NOT NULL,
    event_type text NOT NULL, origin_id bigint NOT NULL, source text NOT NULL, event_time text,
    occurred_at bigint, captured_at bigint NOT NULL, producer_user text, producer_team text,
    drain_blocked_reason text, carries_id integer NOT NULL, undeliverable text,
    sha256 bytea NOT NULL, size bigint NOT NULL, UNIQUE (event_id, revision));
  CREATE TABLE payload (seq bigint PRIMARY KEY, bytes bytea NOT NULL);
  CREATE TABLE live (origin_id bigint, seq bigint, PRIMARY KEY (origin_id, seq));
  CREATE TABLE journal_count (
    origin_id bigint, class text, events bigint NOT NULL, retained bigint NOT NULL,
    bytes bigint NOT NULL, PRIMARY KEY (origin_id, class)) WITH (fillfactor = 50);
  CREATE TABLE head (seq bigint NOT NULL);
  INSERT INTO head VALUES (0);
  CREATE TABLE lane (
    target_id bigint, origin_id bigint, cursor bigint NOT NULL, PRIMARY KEY (target_id, origin_id));
  CREATE TABLE flight (
    target_id bigint PRIMARY KEY, claim_id text NOT NULL, seqs text NOT NULL,
    started_at bigint NOT NULL);
  CREATE TABLE delivery (
    target_id bigint NOT NULL, seq bigint NOT NULL, status text NOT NULL,
    attempt_count bigint NOT NULL, rejection_count bigint NOT NULL, first_attempted_at bigint,
    last_attempted_at bigint, accepted_at bigint, completed_at bigint, next_attempt_at bigint,
    server_drain_state text, last_http_status integer, last_error text, last_response_json text,
    deployment_ref bigint, generation bigint NOT NULL, PRIMARY KEY (target_id, seq));
  CREATE TABLE ledger_count (
    target_id bigint, origin_id bigint, class text, status text, events bigint NOT NULL,
    PRIMARY KEY (target_id, origin_id, class, status)) WITH (fillfactor = 50);
  CREATE TABLE post (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, target_id bigint NOT NULL,
    pass_no bigint NOT NULL, started_at bigint NOT NULL, duration_ms bigint NOT NULL,
    first_seq bigint NOT NULL, last_seq bigint NOT NULL, events bigint NOT NULL,
    outcomes text NOT NULL, http_status integer, bytes_sent bigint NOT NULL, error text);
  CREATE INDEX ix_post_target ON post (target_id, id);`;

/** One statement and one commit: the next events, their bytes, the cursors and the flight. */
export const CLAIM = `
  WITH batch AS (
    SELECT e.seq, e.event_id, e.event_time, e.size, e.origin_id, e.captured_at, p.bytes
    FROM event e JOIN payload p ON p.seq = e.seq WHERE e.seq > $2 AND p.seq > $2
    ORDER BY e.seq LIMIT 1000),
  moved AS (
    INSERT INTO lane (target_id, origin_id, cursor)
    SELECT $1, origin_id, max(seq) FROM batch GROUP BY origin_id
    ON CONFLICT (target_id, origin_id) DO UPDATE SET cursor = excluded.cursor),
  flown AS (
    INSERT INTO flight (target_id, claim_id, seqs, started_at)
    SELECT $1, $3, '[[' || min(seq) || ',' || max(seq) || ']]', $4 FROM batch HAVING count(*) > 0)
  SELECT * FROM batch`;

/** One statement and one commit: the deliveries, their counters, the line of the log and the end of the flight. */
export const SETTLE = `
  WITH delivered AS (
    INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count,
      first_attempted_at, last_attempted_at, accepted_at, completed_at, next_attempt_at,
      server_drain_state, last_http_status, last_error, last_response_json, deployment_ref, generation)
    SELECT $1, s, 'success', 1, 0, $4::bigint, $4, $4, $4, NULL, NULL, 200, NULL, NULL, NULL, 1
    FROM generate_series($2::bigint, $3::bigint) s),
  counted AS (
    INSERT INTO ledger_count AS c (target_id, origin_id, class, status, events)
    SELECT $1, u.origin_id, 'live', 'success', u.events
    FROM unnest($5::bigint[], $6::bigint[]) AS u (origin_id, events)
    ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET
      events = c.events + excluded.events),
  logged AS (
    INSERT INTO post (target_id, pass_no, started_at, duration_ms, first_seq, last_seq, events,
      outcomes, http_status, bytes_sent, error)
    SELECT $1, 1, $4, 1, $2, $3, $3::bigint - $2::bigint + 1, $7, 200, $8::bigint, NULL)
  DELETE FROM flight WHERE target_id = $1 AND claim_id = $9`;

/** One statement and one commit: events, their bytes, and what makes them selectable. */
export const INSERT_EVENTS = `
  WITH e AS MATERIALIZED (
    SELECT nextval('numbers') AS seq, u.* FROM unnest($1::text[], $2::text[], $3::bigint[],
      $4::text[], $5::bigint[], $6::bytea[], $7::bigint[], $8::bytea[])
      AS u (event_id, event_type, origin_id, event_time, captured_at, sha256, size, bytes)),
  added AS (
    INSERT INTO event (seq, event_id, revision, event_type, origin_id, source, event_time,
      captured_at, carries_id, sha256, size)
    SELECT seq, event_id, 1, event_type, origin_id, 'capture', event_time, captured_at, 1, sha256, size
    FROM e),
  selectable AS (INSERT INTO live (origin_id, seq) SELECT origin_id, seq FROM e)
  INSERT INTO payload (seq, bytes) SELECT seq, bytes FROM e`;
