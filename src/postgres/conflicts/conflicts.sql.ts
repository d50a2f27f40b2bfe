/** Every statement on conflicts but those that find them, which are the journal's. */

const COLUMNS = `c.id, c.event_id AS "eventId", c.existing_seq AS "existingSeq",
  c.existing_sha256 AS "existingSha256", c.incoming_sha256 AS "incomingSha256",
  c.incoming_bytes AS "incomingBytes", c.incoming_type AS "incomingType", c.found_by AS "foundBy",
  c.source_digest AS "sourceDigest", c.found_at AS "foundAt", c.resolved_at AS "resolvedAt", c.kept,
  COALESCE((SELECT string_agg(s.path || ' row ' || i.row_id, ', ' ORDER BY s.id, i.row_id)
    FROM imported_row i JOIN import_source s ON s.id = i.source_id
    WHERE i.seq = c.existing_seq AND i.conflict_id = c.id),
    CASE WHEN c.source_digest LIKE 'archive-%' THEN c.source_digest END) AS "foundIn"`;

export const LIST = `
  SELECT ${COLUMNS} FROM conflict c WHERE c.resolved_at IS NULL OR @all::boolean
  ORDER BY c.id LIMIT @limit + 0`;

export const COUNT = `
  SELECT count(*) AS n FROM conflict WHERE resolved_at IS NULL OR @all::boolean`;

export const BY_ID = `SELECT ${COLUMNS} FROM conflict c WHERE c.id = @id`;

/** Those to decide come first. */
export const BY_EVENT = `
  SELECT ${COLUMNS} FROM conflict c WHERE c.event_id = @eventId
  ORDER BY c.resolved_at IS NOT NULL, c.id`;

/** The revision in force, with what a decision or a reader wants of it. */
export const IN_FORCE = `
  SELECT e.seq, e.revision, e.event_type AS "eventType", e.sha256, e.producer_user AS "producerUser",
    e.producer_team AS "producerTeam", o.checkout, p.bytes,
    EXISTS (SELECT 1 FROM redaction r WHERE r.event_id = e.event_id)::int AS "isRedacted"
  FROM event e JOIN origin o ON o.id = e.origin_id LEFT JOIN payload p ON p.seq = e.seq
  WHERE e.event_id = @eventId ORDER BY e.revision DESC LIMIT 1`;

export const DECIDE = `
  UPDATE conflict SET resolved_at = @now, kept = @kept WHERE id = @id AND resolved_at IS NULL`;

export const AUDIT = `
  INSERT INTO audit (at, action, event_id, event_type, reason, details)
  VALUES (@now, 'conflict_resolved', @eventId, @eventType, @reason, @details)`;
