/** Every statement on the records of imports. */

export const FIND_SOURCE = `
  SELECT id, path, fingerprint, events, body_uploads AS bodyUploads, failure_log AS failureLog,
    damage, attribution, imported_at AS importedAt
  FROM import_source WHERE path = ?`;

export const PUT_SOURCE = `
  INSERT INTO import_source (path, digest, fingerprint, imported_at, events, body_uploads,
    failure_log, damage, attribution)
  VALUES (@path, @digest, @fingerprint, @importedAt, @events, @bodyUploads, @failureLog, @damage,
    @attribution)
  ON CONFLICT (path) DO UPDATE SET fingerprint = excluded.fingerprint,
    imported_at = excluded.imported_at, events = excluded.events,
    body_uploads = excluded.body_uploads, failure_log = excluded.failure_log,
    damage = excluded.damage, attribution = excluded.attribution, renamed_to = NULL
  RETURNING id`;

export const OPEN_SOURCE = `
  INSERT INTO import_source (path, digest, fingerprint, imported_at, events)
  VALUES (?, ?, '', ?, 0)
  ON CONFLICT (path) DO UPDATE SET renamed_to = NULL
  RETURNING id`;

/** Every version of a row that was imported already. */
export const KNOWN_VERSIONS = `
  SELECT i.version, i.sha256, e.event_id AS eventId
  FROM imported_row i JOIN event e ON e.seq = i.seq
  WHERE i.source_id = ? AND i.row_id = ?`;

export const INSERT_ROW = `
  INSERT INTO imported_row (source_id, row_id, version, seq, conflict_id, sha256, enqueued_at,
    retry_count, note)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const IS_OPEN = 'SELECT 1 FROM conflict WHERE id = ? AND resolved_at IS NULL';

export const OPEN_IMPORT_CONFLICTS = `
  SELECT COUNT(*) AS open FROM conflict WHERE resolved_at IS NULL AND found_by = 'import'`;

export const OPEN_CONFLICTS_OF = `
  SELECT COUNT(DISTINCT c.id) AS open FROM imported_row i JOIN conflict c ON c.id = i.conflict_id
  WHERE i.source_id = ? AND c.resolved_at IS NULL`;

export const NOTE_RENAMED = 'UPDATE import_source SET renamed_to = ? WHERE path = ?';
