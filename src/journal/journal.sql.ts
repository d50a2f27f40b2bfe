/** Every statement that writes the journal. Rows of `event` and `payload` are only ever inserted. */

export const INSERT_EVENT = `
  INSERT INTO event (event_id, revision, event_type, origin_id, source, event_time, occurred_at,
    captured_at, producer_user, producer_team, drain_blocked_reason, carries_id, undeliverable,
    sha256, size)
  VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const INSERT_PAYLOAD = 'INSERT INTO payload (seq, bytes) VALUES (?, ?)';

export const INSERT_LIVE = 'INSERT INTO live (origin_id, seq) VALUES (?, ?)';

export const FIND_ORIGIN =
  'SELECT id FROM origin WHERE project_uuid = ? AND repo_slug = ? AND checkout = ?';

export const INSERT_ORIGIN =
  'INSERT INTO origin (project_uuid, repo_slug, checkout) VALUES (?, ?, ?)';

export const COUNT_CAPTURED = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
  VALUES (@originId, 'live', @events, @events, @bytes)
  ON CONFLICT (origin_id, class) DO UPDATE SET
    events = events + excluded.events,
    retained = retained + excluded.retained,
    bytes = bytes + excluded.bytes`;

/** The revision in force of an event id: what later captures are compared with. */
export const FIND_CURRENT = `
  SELECT seq, sha256 FROM event WHERE event_id = ? ORDER BY revision DESC LIMIT 1`;

export const FIND_PAYLOAD = 'SELECT bytes FROM payload WHERE seq = ?';

export const FIND_PURGED_DIGEST = 'SELECT canonical_sha256 AS digest FROM purge WHERE seq = ?';

export const FIND_CONFLICT = 'SELECT id FROM conflict WHERE event_id = ? AND incoming_sha256 = ?';

export const INSERT_CONFLICT = `
  INSERT INTO conflict (event_id, existing_seq, existing_sha256, incoming_sha256, incoming_bytes,
    incoming_type, found_by, found_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** No row comes back when another process was first. */
export const CLAIM_SPOOL_FILE = `
  INSERT INTO spool_done (name, at, events, problems) VALUES (?, ?, ?, ?)
  ON CONFLICT (name) DO NOTHING`;
