/**
 * Every statement that deletes payload bytes or restores them. No
 * other folder has one (`test/retention` holds the code to this).
 */

export const JOURNAL_HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head FROM event';

const IN_FLIGHT = `EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r
      WHERE e.seq BETWEEN r.value ->> 0 AND r.value ->> 1)`;

/** The `+` keeps the planner from walking all replay marks for each event. */
const TO_BE_REPLAYED = `EXISTS (SELECT 1 FROM target t CROSS JOIN todo o
      ON o.target_id = t.id AND o.seq = e.seq WHERE +o.replay = 1)`;

const IS_DELIVERED = `EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = t.id AND d.seq = e.seq
          AND d.status IN ('success', 'duplicate'))`;

/** By the types that target `t` gets: `@excluded` has pairs of target and origin; or by where it starts. */
const IS_EXCLUDED = `((t.id, e.origin_id) IN (SELECT x.value ->> 0, x.value ->> 1 FROM json_each(@excluded) x)
        OR (e.seq < t.start_seq
          AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = t.id AND d.seq = e.seq)))`;

/** At every target that was not retired and does not exclude it; at one of them at least. */
const DELIVERED_EVERYWHERE = `EXISTS (SELECT 1 FROM target t WHERE t.retired_at IS NULL AND ${IS_DELIVERED})
      AND NOT EXISTS (SELECT 1 FROM target t WHERE t.retired_at IS NULL
        AND NOT ${IS_DELIVERED} AND NOT ${IS_EXCLUDED})`;

/**
 * What may go, of the events that `source` names: bytes still here, not on the
 * wire, not to be replayed; coalesced, or delivered everywhere. Only an
 * archive may ask for undelivered ones too; no parameter purges the rest.
 */
const eligibleOf = (source: string): string => `
  SELECT e.seq, e.size, m.class IS NOT NULL AS coalesced,
    (m.class IS NOT NULL OR (${DELIVERED_EVERYWHERE})) AS settled
  FROM ${source} LEFT JOIN mark m ON m.seq = e.seq
  WHERE e.captured_at <= @capturedBy
    AND (m.class IS NULL OR m.class = 'coalesced')
    AND NOT EXISTS (SELECT 1 FROM purge g WHERE g.seq = e.seq)
    AND NOT ${IN_FLIGHT}
    AND NOT ${TO_BE_REPLAYED}
    AND (@includeUndelivered OR m.class IS NOT NULL OR (${DELIVERED_EVERYWHERE}))
  ORDER BY e.seq`;

export const ELIGIBLE_IN_SPAN = eligibleOf(
  '(SELECT * FROM event WHERE seq BETWEEN @first AND @last) e',
);

export const STILL_ELIGIBLE = eligibleOf(
  'json_each(@seqs) j CROSS JOIN event e ON e.seq = j.value',
);

export const TYPES_OF_ORIGINS = 'SELECT id, event_type AS eventType FROM origin';

export const LOAD_PAYLOADS = `
  SELECT e.seq, e.sha256, p.bytes FROM json_each(?) j
  CROSS JOIN event e ON e.seq = j.value JOIN payload p ON p.seq = e.seq`;

/** Everything an archive keeps of an event. */
export const LOAD_RECORDS = `
  SELECT e.*, o.project_uuid, o.repo_slug, o.checkout, p.bytes FROM json_each(?) j
  CROSS JOIN event e ON e.seq = j.value
  JOIN origin o ON o.id = e.origin_id JOIN payload p ON p.seq = e.seq ORDER BY e.seq`;

/** How many of these events there are, by everything that `journal_count` counts. */
export const CENSUS_OF_EVENTS = `
  SELECT e.origin_id AS originId, COALESCE(m.class, 'live') AS class, COUNT(*) AS events,
    COUNT(p.seq) AS retained, SUM(CASE WHEN p.seq IS NULL THEN 0 ELSE e.size END) AS bytes
  FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value
  LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN payload p ON p.seq = e.seq
  GROUP BY 1, 2`;

/** How many deliveries of these events there are, by everything that `ledger_count` counts. */
export const CENSUS_OF_DELIVERIES = `
  SELECT d.target_id AS targetId, e.origin_id AS originId, COALESCE(m.class, 'live') AS class,
    d.status, COUNT(*) AS events
  FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value CROSS JOIN target t
  CROSS JOIN delivery d ON d.target_id = t.id AND d.seq = e.seq
  LEFT JOIN mark m ON m.seq = e.seq
  GROUP BY 1, 2, 3, 4`;

export const COUNT_EVENTS = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
  VALUES (@originId, @class, @events, @retained, @bytes)
  ON CONFLICT (origin_id, class) DO UPDATE SET events = events + excluded.events,
    retained = retained + excluded.retained, bytes = bytes + excluded.bytes`;

export const COUNT_DELIVERIES = `
  INSERT INTO ledger_count (target_id, origin_id, class, status, events)
  VALUES (@targetId, @originId, @class, @status, @events)
  ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET events = events + excluded.events`;

export const INSERT_PURGE = `
  INSERT INTO purge (seq, kind, at, canonical_sha256, detail) VALUES (?, ?, ?, ?, ?)`;

export const DELETE_PAYLOAD = 'DELETE FROM payload WHERE seq = ?';

/** Only events without a mark: a coalesced one stays coalesced. */
export const MARK_GONE = `
  INSERT INTO mark (seq, class, other_seq, at) VALUES (@seq, @class, NULL, @at)
  ON CONFLICT (seq) DO NOTHING`;

export const REMOVE_LIVE = `
  DELETE FROM live WHERE seq = @seq AND origin_id = (SELECT origin_id FROM event WHERE seq = @seq)`;

/** Of every target: what is not live is not selected. */
export const REMOVE_TODO = `
  DELETE FROM todo WHERE seq = @seq AND target_id IN (SELECT id FROM target)`;

const ARCHIVED = `
  SELECT e.seq, e.event_id AS eventId, e.origin_id AS originId, e.sha256,
    p.seq IS NOT NULL AS present, g.kind, m.class
  FROM event e LEFT JOIN payload p ON p.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
  LEFT JOIN mark m ON m.seq = e.seq`;

/** The journal's side of one archived event. */
export const FIND_ARCHIVED = `${ARCHIVED} WHERE e.seq = ?`;

/** The same where another journal gave the number: an event is its id and its bytes. */
export const FIND_BY_CONTENT = `${ARCHIVED} WHERE e.event_id = ? AND e.sha256 = ?`;

export const KNOWS_ID = 'SELECT 1 FROM event WHERE event_id = ? LIMIT 1';

/** Where an event of an archive came from that this journal never had. */
export const AUDIT_ADDED = `
  INSERT INTO audit (at, action, event_id, event_type, reason)
  VALUES (?, 'added_from_archive', ?, ?, ?)`;

export const INSERT_PAYLOAD = 'INSERT INTO payload (seq, bytes) VALUES (?, ?)';

/** A later revision came while it was away: it is readable again, and never sent. */
export const STAYS_REPLACED = `
  UPDATE mark SET class = 'replaced', other_seq = (
    SELECT n.seq FROM event e JOIN event n ON n.event_id = e.event_id AND n.revision = e.revision + 1
    WHERE e.seq = @seq)
  WHERE seq = @seq AND class IN ('archived', 'purged') AND EXISTS (
    SELECT 1 FROM event e JOIN event n ON n.event_id = e.event_id AND n.revision > e.revision
    WHERE e.seq = @seq)`;

export const DELETE_PURGE = 'DELETE FROM purge WHERE seq = ?';

export const UNMARK = `DELETE FROM mark WHERE seq = ? AND class IN ('archived', 'purged')`;

export const INSERT_LIVE = 'INSERT INTO live (origin_id, seq) VALUES (?, ?)';

/**
 * A lane whose cursor has passed the event never comes back to it: targets
 * that still want it find it among their todos, with the delay they had. A
 * pass that goes on just now may have tried it already: the next one is its.
 */
export const OWE_AGAIN = `
  INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
  SELECT l.target_id, @seq, @originId, COALESCE(d.next_attempt_at, @now), t.pass_no, 'any', 0
  FROM target t CROSS JOIN lane l ON l.target_id = t.id AND l.origin_id = @originId
  LEFT JOIN delivery d ON d.target_id = l.target_id AND d.seq = @seq
  WHERE l.cursor >= @seq AND (d.status IS NOT NULL OR t.start_seq <= @seq)
    AND (d.status IS NULL OR d.status IN ('pending', 'rejected', 'failed_transient'))
    AND NOT EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r WHERE f.target_id = l.target_id
      AND @seq BETWEEN r.value ->> 0 AND r.value ->> 1)
  ON CONFLICT (target_id, seq) DO NOTHING`;

/** Whether an archive holds the only bytes of an event of this range. */
export const HELD_BY_ARCHIVE = `
  SELECT 1 FROM purge
  WHERE seq BETWEEN @first AND @last AND kind = 'archive' AND detail = @archiveId LIMIT 1`;

export const COUNT_BEHIND_ARCHIVE = `
  SELECT COUNT(*) AS events FROM purge
  WHERE seq BETWEEN @first AND @last AND kind = 'archive' AND detail = @archiveId`;

/** The same for an archive whose ranges nobody knows. */
export const NEEDS_ARCHIVE = `SELECT 1 FROM purge WHERE kind = 'archive' AND detail = ? LIMIT 1`;

export const REVISIONS = `
  SELECT e.seq, e.size, e.event_type AS eventType, e.sha256, e.captured_at AS capturedAt, g.kind,
    g.detail, p.bytes, COALESCE(m.class, 'live') AS class, e.source
  FROM event e LEFT JOIN payload p ON p.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
  LEFT JOIN mark m ON m.seq = e.seq WHERE e.event_id = ? ORDER BY e.revision`;

export const FIND_REDACTION = 'SELECT at, reason FROM redaction WHERE event_id = ?';

export const INSERT_REDACTION = 'INSERT INTO redaction (event_id, at, reason) VALUES (?, ?, ?)';

export const PURGE_BECOMES_REDACTION = `
  UPDATE purge SET kind = 'redact', at = ?, detail = ? WHERE seq = ? AND kind <> 'redact'`;

export const MARK_REDACTED = `
  INSERT INTO mark (seq, class, other_seq, at) VALUES (@seq, 'redacted', NULL, @at)
  ON CONFLICT (seq) DO UPDATE SET class = 'redacted', at = excluded.at`;

/** The key of a coalesced event is made of its contents. */
export const FORGET_KEY = 'DELETE FROM coalescing WHERE seq = ?';

export const COPIES_ELSEWHERE = `
  SELECT (SELECT COUNT(*) FROM conflict WHERE event_id = @eventId AND length(incoming_bytes) > 0) AS conflicts,
    (SELECT COUNT(*) FROM audit WHERE event_id = @eventId AND bytes IS NOT NULL) AS audits`;

/** Contents that went under the id without being a row of their own. */
export const COPIED_BYTES = `
  SELECT incoming_bytes AS bytes FROM conflict WHERE event_id = @eventId AND length(incoming_bytes) > 0
  UNION ALL SELECT bytes FROM audit WHERE event_id = @eventId AND bytes IS NOT NULL`;

export const LAST_ATTEMPT = `
  SELECT max(d.last_attempted_at) AS at FROM json_each(?) j CROSS JOIN target t
  CROSS JOIN delivery d ON d.target_id = t.id AND d.seq = j.value`;

/** Other events of a span that have one of these contents, hexadecimal digests, here. */
export const SAME_BYTES = `
  SELECT e.event_id AS eventId FROM event e
  WHERE e.seq BETWEEN @first AND @last AND e.event_id <> @eventId
    AND lower(hex(e.sha256)) IN (SELECT value FROM json_each(@digests))
    AND EXISTS (SELECT 1 FROM payload p WHERE p.seq = e.seq)`;

/** Old files that rows of these events were read from, under the names they have now. */
export const IMPORTED_FROM = `
  SELECT DISTINCT COALESCE(s.renamed_to, s.path) AS path FROM json_each(?) j
  CROSS JOIN imported_row i ON i.seq = j.value JOIN import_source s ON s.id = i.source_id`;

export const ERASE_CONFLICTS = `
  UPDATE conflict SET incoming_bytes = x'' WHERE event_id = ? AND length(incoming_bytes) > 0`;

export const ERASE_AUDITS = `
  UPDATE audit SET bytes = NULL, details = NULL WHERE event_id = ? AND bytes IS NOT NULL`;

/** Posts that carried an event, or may have: `outcomes` has the exact ranges. */
export const POSTS_WITH = `
  SELECT id, target_id AS targetId, outcomes, error FROM post
  WHERE first_seq <= @seq AND last_seq >= @seq`;

export const ERASE_POST = 'UPDATE post SET error = @text WHERE id = @id';

/** What servers said of these events, now and in earlier generations. */
export const WORDS_ON = ['delivery', 'delivery_history'].map(
  (table) => `
  SELECT target_id AS targetId, seq, generation, last_error AS error, last_response_json AS response,
    server_drain_state AS state
  FROM ${table} WHERE target_id = @targetId AND seq BETWEEN @first AND @last
    AND COALESCE(last_error, last_response_json, server_drain_state) IS NOT NULL`,
);

export const ERASE_WORDS = ['delivery', 'delivery_history'].map(
  (table) => `
  UPDATE ${table} SET last_response_json = @response, last_error = @error, server_drain_state = @state
  WHERE target_id = @targetId AND seq = @seq AND generation = @generation`,
);

export const TARGET_MESSAGES = `
  SELECT id, blocked_message AS message FROM target WHERE blocked_message IS NOT NULL`;

export const ERASE_TARGET_MESSAGE = 'UPDATE target SET blocked_message = @text WHERE id = @id';

export const NAMED_CAUSES = `
  SELECT target_id AS targetId, status, text, events FROM cause WHERE text <> ''`;

export const DROP_CAUSE =
  'DELETE FROM cause WHERE target_id = @targetId AND status = @status AND text = @text';

export const COUNT_WITHOUT_CAUSE = `
  INSERT INTO cause (target_id, status, text, events) VALUES (@targetId, @status, '', @events)
  ON CONFLICT (target_id, status, text) DO UPDATE SET events = events + excluded.events`;

export const TARGET_IDS = 'SELECT id FROM target';

/** Where an event may be known already: redrain cannot take it back from there. */
export const SEEN_BY = `
  SELECT t.id AS target_id, t.name AS target_name, t.canonical_url, d.status,
    EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r WHERE f.target_id = t.id
      AND e.seq BETWEEN r.value ->> 0 AND r.value ->> 1) AS in_flight
  FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value CROSS JOIN target t
  LEFT JOIN delivery d ON d.target_id = t.id AND d.seq = e.seq
  WHERE d.attempt_count > 0 OR in_flight`;
