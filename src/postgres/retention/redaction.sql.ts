/** Every statement that erases the bytes of one event, and copies of them; `retention.sql.ts` has those of payloads. */

export const REVISIONS = `
  SELECT e.seq, e.event_type AS "eventType", e.sha256, g.kind, g.detail, p.bytes
  FROM event e LEFT JOIN payload p ON p.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
  WHERE e.event_id = @eventId ORDER BY e.revision`;

export const FIND_REDACTION = 'SELECT at, reason FROM redaction WHERE event_id = @eventId';

export const INSERT_REDACTION =
  'INSERT INTO redaction (event_id, at, reason) VALUES (@eventId, @now, @reason)';

export const PURGES_BECOME_REDACTIONS = `
  UPDATE purge SET kind = 'redact', at = @at::bigint, detail = @reason::text
  WHERE seq = ANY(@seqs::bigint[]) AND kind <> 'redact'`;

export const MARK_REDACTED = `
  INSERT INTO mark (seq, class, other_seq, at)
  SELECT w.seq, 'redacted', NULL, @at::bigint FROM unnest(@seqs::bigint[]) AS w (seq)
  ON CONFLICT (seq) DO UPDATE SET class = 'redacted', at = excluded.at`;

/** The key of a coalesced event is made of its contents. */
export const FORGET_KEYS = 'DELETE FROM coalescing WHERE seq = ANY(@seqs::bigint[])';

export const COPIES_ELSEWHERE = `
  SELECT (SELECT count(*) FROM conflict WHERE event_id = @eventId AND length(incoming_bytes) > 0) AS conflicts,
    (SELECT count(*) FROM audit WHERE event_id = @eventId AND bytes IS NOT NULL) AS audits`;

/** Contents that went under the id without being a row of their own. */
export const COPIED_BYTES = `
  SELECT incoming_bytes AS bytes FROM conflict WHERE event_id = @eventId AND length(incoming_bytes) > 0
  UNION ALL SELECT bytes FROM audit WHERE event_id = @eventId AND bytes IS NOT NULL`;

export const LAST_ATTEMPT = `
  SELECT max((SELECT d.last_attempted_at FROM delivery d
    WHERE d.target_id = t.id AND d.seq = w.seq)) AS at
  FROM unnest(@seqs::bigint[]) AS w (seq) CROSS JOIN target t`;

/** Other events of a span that have one of these contents, hexadecimal digests, here. */
export const SAME_BYTES = `
  SELECT e.event_id AS "eventId" FROM event e
  WHERE e.seq BETWEEN @first::bigint AND @last::bigint AND e.event_id <> @eventId
    AND encode(e.sha256, 'hex') = ANY(@digests::text[])
    AND (SELECT p.seq FROM payload p WHERE p.seq = e.seq) IS NOT NULL
  ORDER BY e.seq`;

/** Old files that rows of these events were read from, under the names they have now. */
export const IMPORTED_FROM = `
  SELECT DISTINCT COALESCE(s.renamed_to, s.path) AS path FROM unnest(@seqs::bigint[]) AS w (seq)
  JOIN imported_row i ON i.seq = w.seq JOIN import_source s ON s.id = i.source_id ORDER BY path`;

export const ERASE_CONFLICTS = `
  UPDATE conflict SET incoming_bytes = '' WHERE event_id = @eventId AND length(incoming_bytes) > 0`;

export const ERASE_AUDITS = `
  UPDATE audit SET bytes = NULL, details = NULL WHERE event_id = @eventId AND bytes IS NOT NULL`;

/** Posts that carried one of these events, or may have: `outcomes` has the exact ranges. */
export const POSTS_WITH = `
  SELECT DISTINCT p.id, p.target_id AS "targetId", p.outcomes, p.error
  FROM unnest(@seqs::bigint[]) AS w (seq) JOIN post p ON p.first_seq <= w.seq AND p.last_seq >= w.seq
  ORDER BY p.id`;

export const ERASE_POST = 'UPDATE post SET error = @text WHERE id = @id';

/** What servers said of events in some ranges of numbers, now and in earlier generations. */
export const WORDS_ON = ['delivery', 'delivery_history'].map(
  (table) => `
  SELECT d.target_id AS "targetId", d.seq, d.generation, d.last_error AS error,
    d.last_response_json AS response, d.server_drain_state AS state
  FROM unnest(@targetIds::bigint[], @firsts::bigint[], @lasts::bigint[]) AS w (target_id, first, last)
  JOIN ${table} d ON d.target_id = w.target_id AND d.seq BETWEEN w.first AND w.last
  WHERE COALESCE(d.last_error, d.last_response_json, d.server_drain_state) IS NOT NULL`,
);

/** `@rows` is JSON, with what the texts become. */
export const ERASE_WORDS = ['delivery', 'delivery_history'].map(
  (table) => `
  UPDATE ${table} d SET last_response_json = w.response, last_error = w.error,
    server_drain_state = w.state
  FROM jsonb_to_recordset(@rows::jsonb) AS w ("targetId" bigint, seq bigint, generation bigint,
    error text, response text, state text)
  WHERE d.target_id = w."targetId" AND d.seq = w.seq AND d.generation = w.generation`,
);

export const TARGET_MESSAGES = `
  SELECT id, blocked_message AS message FROM target WHERE blocked_message IS NOT NULL`;

export const ERASE_TARGET_MESSAGES = `
  UPDATE target SET blocked_message = @text::text WHERE id = ANY(@ids::bigint[])`;

export const NAMED_CAUSES = `
  SELECT target_id AS "targetId", status, text, events FROM cause WHERE text <> ''`;

export const DROP_CAUSES = `
  DELETE FROM cause c
  USING unnest(@targetIds::bigint[], @statuses::text[], @texts::text[]) AS w (target_id, status, text)
  WHERE c.target_id = w.target_id AND c.status = w.status AND md5(c.text) = md5(w.text)`;

export const COUNT_WITHOUT_CAUSE = `
  INSERT INTO cause AS c (target_id, status, text, events)
  SELECT w.target_id, w.status, '', sum(w.events)
  FROM unnest(@targetIds::bigint[], @statuses::text[], @events::bigint[]) AS w (target_id, status, events)
  GROUP BY 1, 2
  ON CONFLICT (target_id, status, md5("text")) DO UPDATE SET events = c.events + excluded.events`;

export const TARGET_IDS = 'SELECT id FROM target ORDER BY id';

/** Where an event may be known already: redrain cannot take it back from there. */
export const SEEN_BY = `
  SELECT s.target_id, s.target_name, s.canonical_url, s.status, s.in_flight FROM (
    SELECT t.id AS target_id, t.name AS target_name, t.canonical_url, d.status, d.attempt_count,
      ((SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r WHERE f.target_id = t.id
        AND w.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint LIMIT 1) IS NOT NULL)::int AS in_flight
    FROM unnest(@seqs::bigint[]) AS w (seq) CROSS JOIN target t
    LEFT JOIN LATERAL (SELECT status, attempt_count FROM delivery
      WHERE target_id = t.id AND seq = w.seq LIMIT 1) d ON true
    ORDER BY w.seq, t.id) s
  WHERE s.attempt_count > 0 OR s.in_flight = 1`;
