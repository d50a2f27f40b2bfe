/** Every statement on the records of imports. */

export const FIND_SOURCE = `
  SELECT id, path, fingerprint, events, body_uploads AS "bodyUploads", failure_log AS "failureLog",
    damage, attribution, imported_at AS "importedAt"
  FROM import_source WHERE path = @path`;

export const PUT_SOURCE = `
  INSERT INTO import_source (path, digest, fingerprint, imported_at, events, body_uploads,
    failure_log, damage, attribution)
  VALUES (@path, @digest, @fingerprint, @importedAt, @events, @bodyUploads, @failureLog, @damage,
    @attribution)
  ON CONFLICT (path) DO UPDATE SET fingerprint = excluded.fingerprint,
    imported_at = excluded.imported_at, events = excluded.events,
    body_uploads = excluded.body_uploads, failure_log = excluded.failure_log,
    damage = excluded.damage, attribution = excluded.attribution, renamed_to = NULL`;

export const OPEN_SOURCE = `
  INSERT INTO import_source (path, digest, fingerprint, imported_at, events)
  VALUES (@path, @digest, '', @now, 0)
  ON CONFLICT (path) DO UPDATE SET renamed_to = NULL
  RETURNING id`;

/** Every version of these rows that was imported already; an old file may number them beyond our integers. */
export const KNOWN_VERSIONS = `
  SELECT i.row_id::text AS "rowId", i.sha256, e.event_id AS "eventId"
  FROM unnest(@rowIds::bigint[]) AS w (row_id)
  JOIN imported_row i ON i.source_id = @sourceId::bigint AND i.row_id = w.row_id
  JOIN event e ON e.seq = i.seq`;

export const INSERT_ROWS = `
  INSERT INTO imported_row (source_id, row_id, version, seq, conflict_id, sha256, enqueued_at,
    retry_count, note)
  SELECT @sourceId::bigint, w.*
  FROM unnest(@rowIds::bigint[], @versions::bigint[], @seqs::bigint[], @conflictIds::bigint[],
    @digests::bytea[], @enqueuedAts::bigint[], @retryCounts::bigint[], @notes::text[]) AS w`;

/** Those of these conflicts that wait for a decision. */
export const OPEN_AMONG = `
  SELECT id FROM conflict WHERE id = ANY(@ids::bigint[]) AND resolved_at IS NULL`;

export const OPEN_IMPORT_CONFLICTS = `
  SELECT count(*) AS open FROM conflict WHERE resolved_at IS NULL AND found_by = 'import'`;

export const OPEN_CONFLICTS_OF = `
  SELECT count(DISTINCT c.id) AS open FROM imported_row i JOIN conflict c ON c.id = i.conflict_id
  WHERE i.source_id = @sourceId AND c.resolved_at IS NULL`;

export const NOTE_RENAMED = 'UPDATE import_source SET renamed_to = @renamedTo WHERE path = @path';
