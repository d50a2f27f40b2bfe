/** Reads for reports. All but `DELIVERIES_OF` and lists cost the same at any size of the journal. */

import { firstRecent, LIVE_OF_ORIGIN, WITH_RECENT } from '../journal/filing.sql.js';
import { EXCLUDED_OF_ORIGIN, START } from '../ledger/start.sql.js';

export const JOURNAL_TOTALS = `${WITH_RECENT}
  SELECT class, SUM(events) AS events, SUM(retained) AS retained, SUM(bytes) AS bytes
  FROM (SELECT class, events, retained, bytes FROM journal_count
    UNION ALL SELECT 'live', 1, 1, size FROM recent)
  GROUP BY class`;

/** Numbers leave no gaps and rows never go: the newest number is how many there are. */
export const EVENTS_EVER = 'SELECT COALESCE(MAX(seq), 0) AS events FROM event';

/** One row of numbers beside the counters: each column is a field of `JournalNumbers`. */
export const JOURNAL_NUMBERS = `
  SELECT
    (SELECT e.captured_at
     FROM (SELECT seq FROM payload ORDER BY seq LIMIT 1) p JOIN event e ON e.seq = p.seq
    ) AS oldestRetainedAt,
    (SELECT COALESCE(SUM(events), 0) FROM discard_count) AS discarded`;

export const LEDGER_TOTALS = `
  SELECT target_id AS targetId, class, status, SUM(events) AS events
  FROM ledger_count GROUP BY 1, 2, 3`;

/**
 * One row of numbers for a target: each column is a field of `TargetNumbers`.
 * Replays are found along an index that holds nothing else.
 */
export const TARGET_NUMBERS = `
  SELECT
    COALESCE((SELECT delivery_rows FROM target WHERE id = @targetId), 0) AS deliveryRows,
    (SELECT COUNT(*) FROM todo INDEXED BY ix_todo_replay
     WHERE target_id = @targetId AND replay = 1) AS replayMarked,
    (SELECT COALESCE(e.occurred_at, e.captured_at)
     FROM (SELECT seq FROM todo WHERE target_id = @targetId AND replay = 0 ORDER BY seq LIMIT 1) t
     JOIN event e ON e.seq = t.seq) AS oldestTriedAt`;

/** Of every target, most events first; the empty text stands for all causes without a row of their own. */
export const CAUSES = `
  SELECT target_id AS targetId, status, text, events FROM cause
  ORDER BY target_id, status, text = '', events DESC, text`;

/** Greater than every sequence number. */
const LAST_POSSIBLE = String(Number.MAX_SAFE_INTEGER);

/** For each origin: what is live, and how much of that a target's ledger names. */
export const ORIGINS = `${WITH_RECENT}
  SELECT o.id AS originId, o.project_uuid AS projectUuid, o.repo_slug AS repoSlug, o.checkout,
    o.event_type AS eventType,
    ${LIVE_OF_ORIGIN} AS live,
    COALESCE((SELECT SUM(events) FROM ledger_count c WHERE c.target_id = @targetId
      AND c.origin_id = o.id AND c.class = 'live'), 0) AS known,
    ${EXCLUDED_OF_ORIGIN} AS early,
    (SELECT COALESCE(e.occurred_at, e.captured_at) FROM event e WHERE e.seq =
      COALESCE((SELECT v.seq FROM live v WHERE v.origin_id = o.id AND v.seq > MAX(COALESCE(
        (SELECT cursor FROM lane l WHERE l.target_id = @targetId AND l.origin_id = o.id), 0), ${START} - 1)
       ORDER BY v.seq LIMIT 1), ${firstRecent(START, LAST_POSSIBLE)})) AS oldestUnsentAt
  FROM origin o`;

/** Every origin, in the order in which they came. */
export const KNOWN_ORIGINS = `${WITH_RECENT}
  SELECT o.id AS originId, o.project_uuid AS projectUuid, o.repo_slug AS repoSlug, o.checkout,
    o.event_type AS eventType,
    ${LIVE_OF_ORIGIN} AS live
  FROM origin o ORDER BY o.id`;

export const TERMINAL = `
  SELECT e.event_id, d.target_id, d.last_error
  FROM delivery d INDEXED BY ix_delivery_terminal CROSS JOIN event e ON e.seq = d.seq
  WHERE d.status = 'terminal_failed' ORDER BY d.completed_at DESC LIMIT 100`;

export const OPEN_CONFLICTS = 'SELECT COUNT(*) AS count FROM conflict WHERE resolved_at IS NULL';

export const CONFLICTS = `
  SELECT event_id, source_digest, lower(hex(existing_sha256)) AS existing_sha,
    lower(hex(incoming_sha256)) AS incoming_sha, found_by
  FROM conflict WHERE resolved_at IS NULL ORDER BY id DESC LIMIT 100`;

export const EVENT_BY_ID = `
  SELECT e.*, o.project_uuid, o.repo_slug, o.checkout, lower(hex(e.sha256)) AS digest, p.bytes,
    COALESCE(m.class, 'live') AS class, m.other_seq, m.at AS marked_at,
    (SELECT n.event_id FROM event n WHERE n.seq = m.other_seq) AS other_event_id,
    (SELECT n.event_id FROM event n WHERE n.seq = s.by_seq) AS superseded_by,
    g.kind AS purged_by, g.at AS purged_at, g.detail AS purge_detail
  FROM event e JOIN origin o ON o.id = e.origin_id LEFT JOIN payload p ON p.seq = e.seq
  LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN superseded s ON s.seq = e.seq
  LEFT JOIN purge g ON g.seq = e.seq
  WHERE e.event_id = ? ORDER BY e.revision`;

export const DELIVERIES_OF = `
  SELECT * FROM delivery WHERE seq = @seq AND target_id = @targetId`;

export const HISTORY_OF = `
  SELECT * FROM delivery_history WHERE seq = @seq AND target_id = @targetId ORDER BY generation`;

export const POSTS_AROUND = `
  SELECT * FROM post WHERE target_id = @targetId AND first_seq <= @seq AND last_seq >= @seq ORDER BY id`;

export const IN_FLIGHT = 'SELECT seqs, started_at FROM flight WHERE target_id = ?';

export const CONFLICTS_OF = `
  SELECT id, found_by, source_digest, found_at, resolved_at, kept,
    lower(hex(incoming_sha256)) AS incoming_sha, length(incoming_bytes) AS incoming_size
  FROM conflict WHERE event_id = ? ORDER BY id`;

/** The rows of old queue files this event was taken from. */
export const IMPORTED_FROM = `
  SELECT i.path, i.digest, r.row_id, i.imported_at, r.enqueued_at * 1000 AS enqueued_at, r.retry_count, i.attribution
  FROM imported_row r JOIN import_source i ON i.id = r.source_id WHERE r.seq = ? ORDER BY i.id, r.row_id`;

export const REDACTION_OF = 'SELECT at, reason FROM redaction WHERE event_id = ?';

/** The latest posts of a target, as far as they are of the pass that runs now. */
export const LATEST_POSTS = `
  SELECT COALESCE(SUM(events), 0) AS events,
    COALESCE(MAX(started_at + duration_ms) - MIN(started_at), 0) AS ms
  FROM (SELECT * FROM post WHERE target_id = @targetId ORDER BY id DESC LIMIT 50)
  WHERE pass_no = @passNo AND http_status IS NOT NULL`;

export const POSTS = `
  SELECT id, started_at AS startedAt, duration_ms AS durationMs, events, requests,
    http_status AS httpStatus, bytes_sent AS bytesSent, error
  FROM post WHERE target_id = @targetId ORDER BY id DESC LIMIT @limit + 0`;

/** When the first and the newest event were captured. */
export const SPAN = `
  SELECT (SELECT captured_at FROM event ORDER BY seq LIMIT 1) AS firstAt,
    (SELECT captured_at FROM event ORDER BY seq DESC LIMIT 1) AS lastAt`;
