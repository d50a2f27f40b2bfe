/**
 * Every statement that deletes payload bytes or restores them. No
 * other folder has one (`test/retention` holds the code to this).
 */

export const JOURNAL_HEAD = 'SELECT seq AS head FROM head';

/** Of event `e`: a scalar look-up, so that no plan reads a whole table for it. */
const IN_FLIGHT = `(SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE e.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint LIMIT 1) IS NOT NULL`;

const TO_BE_REPLAYED = `EXISTS (SELECT 1 FROM target t
      WHERE (SELECT o.replay FROM todo o WHERE o.target_id = t.id AND o.seq = e.seq) = 1)`;

const AT_TARGET = '(SELECT d.status FROM delivery d WHERE d.target_id = t.id AND d.seq = e.seq)';

const IS_DELIVERED = `COALESCE(${AT_TARGET} IN ('success', 'duplicate'), false)`;

/** By the types that target `t` gets: pairs of target and origin are given; or by where it starts. */
const IS_EXCLUDED = `((t.id, e.origin_id) IN (SELECT * FROM unnest(@lanes::bigint[], @origins::bigint[]))
        OR (e.seq < t.start_seq AND ${AT_TARGET} IS NULL))`;

/** At every target that was not retired and does not exclude it; at one of them at least. */
const DELIVERED_EVERYWHERE = `COALESCE((SELECT bool_or(${IS_DELIVERED})
        AND bool_and(${IS_DELIVERED} OR ${IS_EXCLUDED})
      FROM target t WHERE t.retired_at IS NULL), false)`;

/**
 * What may go, of the events that `source` names: bytes still here, not on the
 * wire, not to be replayed; coalesced, or delivered everywhere. Only an
 * archive may ask for undelivered ones too; no parameter purges the rest.
 */
const eligibleOf = (source: string): string => `
  SELECT c.seq, c.size, c.coalesced, c.settled FROM (
    SELECT e.seq, e.size, m.class IS NOT NULL AS coalesced,
      (m.class IS NOT NULL OR ${DELIVERED_EVERYWHERE}) AS settled
    FROM ${source} LEFT JOIN mark m ON m.seq = e.seq
    WHERE e.captured_at <= @capturedBy::bigint
      AND (m.class IS NULL OR m.class = 'coalesced')
      AND (SELECT g.seq FROM purge g WHERE g.seq = e.seq) IS NULL
      AND NOT ${IN_FLIGHT}
      AND NOT ${TO_BE_REPLAYED}
    OFFSET 0) c
  WHERE @includeUndelivered::boolean OR c.settled
  ORDER BY c.seq`;

export const ELIGIBLE_IN_SPAN = eligibleOf(
  '(SELECT * FROM event WHERE seq BETWEEN @first::bigint AND @last::bigint) e',
);

export const STILL_ELIGIBLE = eligibleOf(
  'unnest(@seqs::bigint[]) AS w (seq) JOIN event e ON e.seq = w.seq',
);

export const TYPES_OF_ORIGINS = 'SELECT id, event_type AS "eventType" FROM origin';

export const LOAD_PAYLOADS = `
  SELECT e.seq, e.sha256, p.bytes FROM unnest(@seqs::bigint[]) AS w (seq)
  JOIN event e ON e.seq = w.seq JOIN payload p ON p.seq = w.seq`;

/** Everything an archive keeps of an event. */
export const LOAD_RECORDS = `
  SELECT e.*, o.project_uuid, o.repo_slug, o.checkout, p.bytes FROM unnest(@seqs::bigint[]) AS w (seq)
  JOIN event e ON e.seq = w.seq
  JOIN origin o ON o.id = e.origin_id JOIN payload p ON p.seq = w.seq ORDER BY e.seq`;

export const INSERT_PURGES = `
  INSERT INTO purge (seq, kind, at, canonical_sha256, detail)
  SELECT w.seq, @kind::text, @at::bigint, w.digest, @detail::text
  FROM unnest(@seqs::bigint[], @digests::bytea[]) AS w (seq, digest)`;

export const DELETE_PAYLOADS = 'DELETE FROM payload WHERE seq = ANY(@seqs::bigint[])';

/** Only events without a mark: a coalesced one stays coalesced. */
export const MARK_GONE = `
  INSERT INTO mark (seq, class, other_seq, at)
  SELECT w.seq, @class::text, NULL, @at::bigint FROM unnest(@seqs::bigint[]) AS w (seq)
  ON CONFLICT (seq) DO NOTHING`;

export const REMOVE_LIVE = `
  DELETE FROM live v USING unnest(@seqs::bigint[]) AS w (seq), event e
  WHERE e.seq = w.seq AND v.origin_id = e.origin_id AND v.seq = w.seq`;

/** Of every target: what is not live is not selected. */
export const REMOVE_TODO = `
  DELETE FROM todo o USING (
    SELECT t.id, w.seq FROM target t CROSS JOIN unnest(@seqs::bigint[]) AS w (seq) OFFSET 0) k
  WHERE o.target_id = k.id AND o.seq = k.seq`;

const ARCHIVED = `
  SELECT e.seq, e.event_id AS "eventId", e.sha256, p.seq IS NOT NULL AS present, g.kind`;

const ARCHIVED_BESIDE = `
  LEFT JOIN payload p ON p.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq`;

/** The journal's side of archived events. */
export const FIND_ARCHIVED = `${ARCHIVED}
  FROM unnest(@seqs::bigint[]) AS w (seq) JOIN event e ON e.seq = w.seq ${ARCHIVED_BESIDE}`;

/** The same where another journal gave the numbers: an event is its id and its bytes. */
export const FIND_BY_CONTENT = `${ARCHIVED}
  FROM unnest(@eventIds::text[], @digests::bytea[]) AS w (event_id, sha256)
  JOIN event e ON e.event_id = w.event_id AND e.sha256 = w.sha256 ${ARCHIVED_BESIDE}
  ORDER BY e.revision`;

/** Ids that the journal knows, and whether they were redacted. */
export const KNOWN_IDS = `
  SELECT w.event_id AS "eventId",
    (SELECT e.seq FROM event e WHERE e.event_id = w.event_id LIMIT 1) IS NOT NULL AS known,
    (SELECT x.at FROM redaction x WHERE x.event_id = w.event_id) IS NOT NULL AS redacted
  FROM unnest(@eventIds::text[]) AS w (event_id)`;

/** Where events of an archive came from that this journal never had. */
export const AUDIT_ADDED = `
  INSERT INTO audit (at, action, event_id, event_type, reason)
  SELECT @now::bigint, 'added_from_archive', w.event_id, w.event_type, @archiveId::text
  FROM unnest(@eventIds::text[], @eventTypes::text[]) WITH ORDINALITY AS w (event_id, event_type, place)
  ORDER BY w.place`;

export const INSERT_PAYLOADS = `
  INSERT INTO payload (seq, bytes) SELECT * FROM unnest(@seqs::bigint[], @payloads::bytea[])`;

/** A later revision came while they were away: they are readable again, and never sent. */
export const STAYS_REPLACED = `
  UPDATE mark m SET class = 'replaced', other_seq = n.next
  FROM unnest(@seqs::bigint[]) AS w (seq) JOIN event e ON e.seq = w.seq
  CROSS JOIN LATERAL (SELECT seq AS next FROM event n
    WHERE n.event_id = e.event_id AND n.revision > e.revision ORDER BY n.revision LIMIT 1) n
  WHERE m.seq = w.seq AND m.class IN ('archived', 'purged')`;

export const DELETE_PURGES = 'DELETE FROM purge WHERE seq = ANY(@seqs::bigint[])';

/** A coalesced event keeps its mark: it is readable again, and never sent. */
export const UNMARK = `
  DELETE FROM mark WHERE seq = ANY(@seqs::bigint[]) AND class IN ('archived', 'purged')
  RETURNING seq`;

export const INSERT_LIVE = `
  INSERT INTO live (origin_id, seq)
  SELECT e.origin_id, e.seq FROM unnest(@seqs::bigint[]) AS w (seq) JOIN event e ON e.seq = w.seq`;

/**
 * A lane whose cursor has passed an event never comes back to it: targets
 * that still want it find it among their todos, with the delay they had. A
 * pass that goes on just now may have tried it already: the next one is its.
 */
export const OWE_AGAIN = `
  INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
  SELECT l.target_id, e.seq, e.origin_id, COALESCE(d.next_attempt_at, @now::bigint), t.pass_no, 'any', 0
  FROM unnest(@seqs::bigint[]) AS w (seq) JOIN event e ON e.seq = w.seq
  CROSS JOIN target t JOIN lane l ON l.target_id = t.id AND l.origin_id = e.origin_id
  LEFT JOIN LATERAL (SELECT status, next_attempt_at FROM delivery
    WHERE target_id = l.target_id AND seq = e.seq LIMIT 1) d ON true
  WHERE l.cursor >= e.seq AND (d.status IS NOT NULL OR t.start_seq <= e.seq)
    AND (d.status IS NULL OR d.status IN ('pending', 'rejected', 'failed_transient'))
    AND NOT EXISTS (SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE f.target_id = l.target_id
        AND e.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint)
  ON CONFLICT (target_id, seq) DO NOTHING`;

/** Events of some ranges whose only bytes an archive holds. */
export const COUNT_BEHIND_ARCHIVE = `
  SELECT count(*) AS events FROM unnest(@firsts::bigint[], @lasts::bigint[]) AS r (first, last)
  CROSS JOIN LATERAL (SELECT 1 FROM purge g WHERE g.seq BETWEEN r.first AND r.last
    AND g.kind = 'archive' AND g.detail = @archiveId::text OFFSET 0) g`;

/** Whether there is any. */
export const HELD_BY_ARCHIVE = `
  SELECT 1 AS one FROM unnest(@firsts::bigint[], @lasts::bigint[]) AS r (first, last)
  CROSS JOIN LATERAL (SELECT 1 FROM purge g WHERE g.seq BETWEEN r.first AND r.last
    AND g.kind = 'archive' AND g.detail = @archiveId::text LIMIT 1) g LIMIT 1`;

/** The same for an archive whose ranges nobody knows. */
export const NEEDS_ARCHIVE = `
  SELECT 1 AS one FROM purge WHERE kind = 'archive' AND detail = @archiveId LIMIT 1`;
