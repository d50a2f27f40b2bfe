/**
 * Every statement that writes the journal. Rows of `event` and `payload` are only ever
 * inserted. Each works on many rows at once: values come as arrays of the same length,
 * bytes as one blob with the place and size of each.
 */

/** Events, what makes them selectable, their counters and the new head. */
export const INSERT_EVENTS = `
  WITH added AS (
    INSERT INTO event (seq, event_id, revision, event_type, origin_id, source, event_time, occurred_at,
      captured_at, producer_user, producer_team, drain_blocked_reason, carries_id, undeliverable,
      size, sha256)
    SELECT e.seq, e.event_id, e.revision, e.event_type, e.origin_id, @source, e.event_time, e.occurred_at,
      e.captured_at, e.producer_user, e.producer_team, e.blocked, e.carries_id, e.undeliverable,
      e.size, substr(@digests::bytea, (e.place - 1)::int * 32 + 1, 32)
    FROM unnest(@seqs::bigint[], @eventIds::text[], @revisions::int[], @eventTypes::text[],
      @originIds::bigint[], @eventTimes::text[], @occurredAts::bigint[], @capturedAts::bigint[],
      @producerUsers::text[], @producerTeams::text[], @blocked::text[], @carriesIds::int[],
      @undeliverable::text[], @sizes::bigint[]) WITH ORDINALITY
      AS e (seq, event_id, revision, event_type, origin_id, event_time, occurred_at, captured_at,
        producer_user, producer_team, blocked, carries_id, undeliverable, size, place)
    RETURNING seq, origin_id, size),
  selectable AS (
    INSERT INTO live (origin_id, seq) SELECT origin_id, seq FROM added),
  counted AS (
    INSERT INTO journal_count AS c (origin_id, class, events, retained, bytes)
    SELECT origin_id, 'live', count(*), count(*), sum(size) FROM added GROUP BY 1
    ON CONFLICT (origin_id, class) DO UPDATE SET
      events = c.events + excluded.events,
      retained = c.retained + excluded.retained,
      bytes = c.bytes + excluded.bytes)
  UPDATE head SET seq = @head::bigint`;

/** A statement of its own: the trigger that compares digests sees the events of earlier ones. */
export const INSERT_PAYLOADS = `
  INSERT INTO payload (seq, bytes)
  SELECT p.seq, substr(@blob::bytea, p.place, p.size)
  FROM unnest(@seqs::bigint[], @places::int[], @sizes::int[]) AS p (seq, place, size)`;

/** The revision in force of each event id: what later captures are compared with. One look-up for each. */
export const FIND_CURRENT = `
  SELECT w.event_id AS "eventId", e.seq, e.sha256
  FROM unnest(@eventIds::text[]) AS w (event_id)
  CROSS JOIN LATERAL (
    SELECT seq, sha256 FROM event WHERE event_id = w.event_id ORDER BY revision DESC LIMIT 1) e`;

/** Any revision with these bytes. */
export const FIND_REVISION = `
  SELECT e.event_id AS "eventId", e.sha256, e.seq FROM event e
  WHERE e.event_id = ANY(@eventIds::text[]) ORDER BY e.revision`;

export const FIND_PAYLOADS = 'SELECT seq, bytes FROM payload WHERE seq = ANY(@seqs::bigint[])';

export const FIND_PURGED_DIGESTS =
  'SELECT seq, canonical_sha256 AS digest FROM purge WHERE seq = ANY(@seqs::bigint[])';

export const FIND_ORIGINS = `
  SELECT o.id, o.project_uuid AS "projectUuid", o.repo_slug AS "repoSlug", o.checkout,
    o.event_type AS "eventType"
  FROM unnest(@projectUuids::text[], @repoSlugs::text[], @checkouts::text[], @eventTypes::text[])
    AS w (project_uuid, repo_slug, checkout, event_type)
  JOIN origin o USING (project_uuid, repo_slug, checkout, event_type)`;

/** Ids in the order they are asked for. */
export const INSERT_ORIGINS = `
  INSERT INTO origin (project_uuid, repo_slug, checkout, event_type)
  SELECT w.project_uuid, w.repo_slug, w.checkout, w.event_type
  FROM unnest(@projectUuids::text[], @repoSlugs::text[], @checkouts::text[], @eventTypes::text[])
    WITH ORDINALITY AS w (project_uuid, repo_slug, checkout, event_type, place)
  ORDER BY w.place
  RETURNING id, project_uuid AS "projectUuid", repo_slug AS "repoSlug", checkout,
    event_type AS "eventType"`;

export const INSERT_CONFLICT = `
  INSERT INTO conflict (event_id, existing_seq, existing_sha256, incoming_sha256, incoming_bytes,
    incoming_type, found_by, source_digest, found_at)
  VALUES (@eventId, @existingSeq, @existingSha256, @incomingSha256, @bytes, @eventType, @foundBy,
    @sourceDigest, @foundAt)
  RETURNING id`;

export const FIND_CONFLICT =
  'SELECT id FROM conflict WHERE event_id = @eventId AND incoming_sha256 = @incomingSha256';

export const INSERT_AUDIT = `
  INSERT INTO audit (at, action, event_id, event_type, family, reason, bytes, details)
  VALUES (@at, @action, @eventId, @eventType, @family, @reason, @bytes, @details)`;

export const FIND_COALESCING = 'SELECT key, seq FROM coalescing WHERE key = ANY(@keys::text[])';

export const HOLD_COALESCING = `
  INSERT INTO coalescing (key, seq) SELECT * FROM unnest(@keys::text[], @seqs::bigint[])
  ON CONFLICT (key) DO UPDATE SET seq = excluded.seq`;

/**
 * The earlier events that can still be taken back: live, of the same origin, captured
 * here, and never claimed by any drain. A delivery row or a place in a batch on the
 * wire freezes one for good.
 */
export const FIND_UNSENT = `
  SELECT e.seq FROM unnest(@seqs::bigint[], @originIds::bigint[]) AS w (seq, origin_id)
  JOIN event e ON e.seq = w.seq AND e.origin_id = w.origin_id AND e.source = 'capture'
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  WHERE NOT EXISTS (SELECT 1 FROM target t JOIN delivery d ON d.target_id = t.id AND d.seq = e.seq)
    AND NOT EXISTS (SELECT 1 FROM target t JOIN todo o ON o.target_id = t.id AND o.seq = e.seq)
    AND NOT EXISTS (SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE e.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint)`;

/** Events out of selection; what comes back was live. */
export const REMOVE_LIVE = `
  DELETE FROM live v USING unnest(@seqs::bigint[]) AS w (seq), event e
  WHERE e.seq = w.seq AND v.origin_id = e.origin_id AND v.seq = w.seq
  RETURNING v.seq, v.origin_id AS "originId", e.size`;

export const INSERT_MARKS = `
  INSERT INTO mark (seq, class, other_seq, at)
  SELECT w.seq, @class, w.other, w.at
  FROM unnest(@seqs::bigint[], @others::bigint[], @ats::bigint[]) AS w (seq, other, at)`;

/** An archived event that was replaced is not selected again when its bytes are restored. */
export const ARCHIVED_TO_REPLACED = `
  UPDATE mark SET class = 'replaced', other_seq = @seq, at = @at
  WHERE seq = @replaced AND class = 'archived'`;

export const MARK_SUPERSEDED = `
  INSERT INTO superseded (seq, by_seq) SELECT * FROM unnest(@seqs::bigint[], @others::bigint[])
  ON CONFLICT (seq) DO UPDATE SET by_seq = excluded.by_seq`;

/** Moves events of one class of their origins to another; negative numbers take them away. */
export const COUNT_MOVED = `
  INSERT INTO journal_count AS c (origin_id, class, events, retained, bytes)
  SELECT w.origin_id, @class, sum(w.events), sum(w.retained), sum(w.bytes)
  FROM unnest(@originIds::bigint[], @events::bigint[], @retained::bigint[], @bytes::bigint[])
    AS w (origin_id, events, retained, bytes)
  GROUP BY 1
  ON CONFLICT (origin_id, class) DO UPDATE SET events = c.events + excluded.events,
    retained = c.retained + excluded.retained, bytes = c.bytes + excluded.bytes`;

/** The revision in force with what its replacement has to know. */
export const FIND_IN_FORCE = `
  SELECT seq, revision, origin_id AS "originId", size FROM event
  WHERE event_id = @eventId ORDER BY revision DESC LIMIT 1`;

export const COUNT_DISCARDED = `
  INSERT INTO discard_count AS c (family, events)
  SELECT * FROM unnest(@families::text[], @events::bigint[])
  ON CONFLICT (family) DO UPDATE SET events = c.events + excluded.events`;

/** No row is written when another process was first. */
export const CLAIM_SPOOL_FILE = `
  INSERT INTO spool_done (name, at, events, problems) VALUES (@file, @at, @events, @problems)
  ON CONFLICT (name) DO NOTHING`;

/** The last sequence number; 0 before the first. */
export const HEAD = 'SELECT seq AS head FROM head';
