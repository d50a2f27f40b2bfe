/** Reads for reports. All but `DELIVERIES_OF` and lists cost the same at any size of the journal. */

import { EXCLUDED_OF_ORIGIN, START } from '../ledger/start.sql.js';
import { inOrderOfTarget } from '../ranges.js';

export const JOURNAL_TOTALS = `
  SELECT class, sum(events) AS events, sum(retained) AS retained, sum(bytes) AS bytes
  FROM journal_count GROUP BY class ORDER BY class`;

/** Numbers have no gaps and rows never go: the newest number is how many there are. */
export const EVENTS_EVER = 'SELECT seq AS events FROM head';

/** One row of numbers beside the counters: each column is a field of `JournalNumbers`. */
export const JOURNAL_NUMBERS = `
  SELECT
    (SELECT e.captured_at
     FROM (SELECT seq FROM payload ORDER BY seq LIMIT 1) p JOIN event e ON e.seq = p.seq
    ) AS "oldestRetainedAt",
    (SELECT COALESCE(sum(events), 0) FROM discard_count) AS discarded`;

export const LEDGER_TOTALS = `
  SELECT target_id AS "targetId", class, status, sum(events) AS events
  FROM ledger_count GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

/**
 * One row of numbers for a target: each column is a field of `TargetNumbers`.
 * Replays are found along an index that holds nothing else.
 */
export const TARGET_NUMBERS = `
  SELECT
    COALESCE((SELECT delivery_rows FROM target WHERE id = @targetId::bigint), 0) AS "deliveryRows",
    (SELECT count(*) FROM todo WHERE target_id = @targetId::bigint AND replay = 1) AS "replayMarked",
    (SELECT COALESCE(e.occurred_at, e.captured_at)
     FROM (SELECT seq FROM todo WHERE ${inOrderOfTarget('seq')} AND replay = 0
       ORDER BY target_id, seq LIMIT 1) t
     JOIN event e ON e.seq = t.seq) AS "oldestTriedAt"`;

/** Of every target, most events first; the empty text stands for all causes without a row of their own. */
export const CAUSES = `
  SELECT target_id AS "targetId", status, text, events FROM cause
  ORDER BY target_id, status, text = '', events DESC, text`;

/** For each origin: what is live, and how much of that a target's ledger names. */
export const ORIGINS = `
  SELECT o.id AS "originId", o.project_uuid AS "projectUuid", o.repo_slug AS "repoSlug", o.checkout,
    o.event_type AS "eventType",
    COALESCE((SELECT events FROM journal_count j WHERE j.origin_id = o.id AND j.class = 'live'), 0) AS live,
    COALESCE((SELECT sum(events) FROM ledger_count c WHERE c.target_id = @targetId::bigint
      AND c.origin_id = o.id AND c.class = 'live'), 0) AS known,
    ${EXCLUDED_OF_ORIGIN} AS early,
    (SELECT COALESCE(e.occurred_at, e.captured_at) FROM event e WHERE e.seq =
      (SELECT v.seq FROM live v WHERE v.origin_id = o.id AND v.seq > GREATEST(COALESCE(
        (SELECT cursor FROM lane l WHERE l.target_id = @targetId::bigint AND l.origin_id = o.id), 0),
        ${START} - 1)
       ORDER BY v.seq LIMIT 1)) AS "oldestUnsentAt"
  FROM origin o ORDER BY o.id`;

/** Every origin, in the order in which they came. */
export const KNOWN_ORIGINS = `
  SELECT o.id AS "originId", o.project_uuid AS "projectUuid", o.repo_slug AS "repoSlug", o.checkout,
    o.event_type AS "eventType",
    COALESCE((SELECT events FROM journal_count j WHERE j.origin_id = o.id AND j.class = 'live'), 0) AS live
  FROM origin o ORDER BY o.id`;

export const TERMINAL = `
  SELECT e.event_id, d.target_id, d.last_error
  FROM (SELECT target_id, seq, last_error, completed_at FROM delivery
    WHERE status = 'terminal_failed' ORDER BY completed_at DESC LIMIT 100) d
  JOIN event e ON e.seq = d.seq ORDER BY d.completed_at DESC, d.seq`;

export const OPEN_CONFLICTS = 'SELECT count(*) AS count FROM conflict WHERE resolved_at IS NULL';

export const CONFLICTS = `
  SELECT event_id, source_digest, encode(existing_sha256, 'hex') AS existing_sha,
    encode(incoming_sha256, 'hex') AS incoming_sha, found_by
  FROM conflict WHERE resolved_at IS NULL ORDER BY id DESC LIMIT 100`;

export const EVENT_BY_ID = `
  SELECT e.*, o.project_uuid, o.repo_slug, o.checkout, encode(e.sha256, 'hex') AS digest, p.bytes,
    COALESCE(m.class, 'live') AS class, m.other_seq, m.at AS marked_at,
    (SELECT n.event_id FROM event n WHERE n.seq = m.other_seq) AS other_event_id,
    (SELECT n.event_id FROM event n WHERE n.seq = s.by_seq) AS superseded_by,
    g.kind AS purged_by, g.at AS purged_at, g.detail AS purge_detail
  FROM event e JOIN origin o ON o.id = e.origin_id LEFT JOIN payload p ON p.seq = e.seq
  LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN superseded s ON s.seq = e.seq
  LEFT JOIN purge g ON g.seq = e.seq
  WHERE e.event_id = @eventId ORDER BY e.revision`;

export const DELIVERIES_OF = `
  SELECT * FROM delivery WHERE seq = @seq AND target_id = @targetId`;

export const HISTORY_OF = `
  SELECT * FROM delivery_history WHERE seq = @seq AND target_id = @targetId ORDER BY generation`;

export const POSTS_AROUND = `
  SELECT * FROM post WHERE target_id = @targetId AND first_seq <= @seq AND last_seq >= @seq ORDER BY id`;

export const IN_FLIGHT = 'SELECT seqs, started_at FROM flight WHERE target_id = @targetId';

export const CONFLICTS_OF = `
  SELECT id, found_by, source_digest, found_at, resolved_at, kept,
    encode(incoming_sha256, 'hex') AS incoming_sha, length(incoming_bytes) AS incoming_size
  FROM conflict WHERE event_id = @eventId ORDER BY id`;

/** The rows of old queue files this event was taken from; their own numbers may be larger than ours. */
export const IMPORTED_FROM = `
  SELECT i.path, i.digest, r.row_id::float8 AS row_id, i.imported_at,
    r.enqueued_at * 1000 AS enqueued_at, r.retry_count::float8 AS retry_count, i.attribution
  FROM imported_row r JOIN import_source i ON i.id = r.source_id
  WHERE r.seq = @seq ORDER BY i.id, r.row_id`;

export const REDACTION_OF = 'SELECT at, reason FROM redaction WHERE event_id = @eventId';

/** The latest posts of a target, as far as they are of the pass that runs now. */
export const LATEST_POSTS = `
  SELECT COALESCE(sum(events), 0) AS events,
    COALESCE(max(started_at + duration_ms) - min(started_at), 0) AS ms
  FROM (SELECT * FROM post WHERE ${inOrderOfTarget('id')}
    ORDER BY target_id DESC, id DESC LIMIT 50) latest
  WHERE pass_no = @passNo AND http_status IS NOT NULL`;

export const POSTS = `
  SELECT id, started_at AS "startedAt", duration_ms AS "durationMs", events, requests,
    http_status AS "httpStatus", bytes_sent AS "bytesSent", error
  FROM post WHERE ${inOrderOfTarget('id')}
  ORDER BY target_id DESC, id DESC LIMIT @limit + 0`;

/** When the first and the newest event were captured. */
export const SPAN = `
  SELECT (SELECT captured_at FROM event ORDER BY seq LIMIT 1) AS "firstAt",
    (SELECT captured_at FROM event ORDER BY seq DESC LIMIT 1) AS "lastAt"`;
