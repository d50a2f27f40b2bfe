/** Every statement that writes the journal. Rows of `event` and `payload` are only ever inserted. */

export const INSERT_EVENT = `
  INSERT INTO event (event_id, revision, event_type, origin_id, source, event_time, occurred_at,
    captured_at, producer_user, producer_team, drain_blocked_reason, carries_id, undeliverable,
    sha256, size)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const INSERT_PAYLOAD = 'INSERT INTO payload (seq, bytes) VALUES (?, ?)';

/** Events in one statement: more of them save nothing. */
export const ROWS = 20;

/** So many rows in which @FIRST stands for the number of the first: each has the next one. */
const rows = (row: string): string =>
  Array.from({ length: ROWS }, (_, index) => row.replace('@FIRST', `@first + ${index}`)).join(', ');

const insertEvents = (common: string): string => `
  INSERT INTO event (seq, event_id, revision, event_type, origin_id, source, event_time,
    occurred_at, captured_at, sha256, size, producer_user, producer_team, drain_blocked_reason,
    carries_id, undeliverable)
  VALUES ${rows(`(@FIRST, ?, 1, ?, ?, @source, ?, ?, ?, ?, ?, ${common})`)}`;

/** Events of a first revision, each with its number, and each with a producer and a state of its own. */
export const INSERT_EVENTS = insertEvents('?, ?, ?, ?, ?');

/** The same for events that have all of these in common: they are bound once, which saves a sixth of the insert. */
export const INSERT_EVENTS_ALIKE = insertEvents(
  '@user, @team, @reason, @carriesId, @undeliverable',
);

export const INSERT_PAYLOADS = `
  INSERT INTO payload (seq, bytes) VALUES ${rows('(@FIRST, ?)')}`;

export const FIND_ORIGIN = `
  SELECT id FROM origin WHERE project_uuid = ? AND repo_slug = ? AND checkout = ? AND event_type = ?`;

export const INSERT_ORIGIN =
  'INSERT INTO origin (project_uuid, repo_slug, checkout, event_type) VALUES (?, ?, ?, ?)';

/** The revision in force of an event id: what later captures are compared with. */
export const FIND_CURRENT = `
  SELECT seq, sha256 FROM event WHERE event_id = ? ORDER BY revision DESC LIMIT 1`;

export const FIND_REVISION = 'SELECT seq FROM event WHERE event_id = ? AND sha256 = ?';

export const FIND_PAYLOAD = 'SELECT bytes FROM payload WHERE seq = ?';

export const FIND_PURGED_DIGEST = 'SELECT canonical_sha256 AS digest FROM purge WHERE seq = ?';

export const FIND_CONFLICT = 'SELECT id FROM conflict WHERE event_id = ? AND incoming_sha256 = ?';

export const INSERT_CONFLICT = `
  INSERT INTO conflict (event_id, existing_seq, existing_sha256, incoming_sha256, incoming_bytes,
    incoming_type, found_by, source_digest, found_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const FIND_COALESCING = 'SELECT seq FROM coalescing WHERE key = ?';

export const HOLD_COALESCING = `
  INSERT INTO coalescing (key, seq) VALUES (?, ?)
  ON CONFLICT (key) DO UPDATE SET seq = excluded.seq`;

/**
 * The earlier event, if it can still be taken back: live, of the same origin,
 * captured here, and never claimed by any drain. A delivery row or a place in
 * a batch on the wire freezes it for good. CROSS JOIN keeps SQLite from
 * starting at the long table.
 */
export const FIND_UNSENT = `
  SELECT e.origin_id AS originId, e.size FROM event e
  WHERE e.seq = @seq AND e.origin_id = @originId AND e.source = 'capture'
    AND EXISTS (SELECT 1 FROM live v WHERE v.origin_id = e.origin_id AND v.seq = e.seq)
    AND NOT EXISTS (SELECT 1 FROM target t CROSS JOIN delivery d ON d.target_id = t.id AND d.seq = e.seq)
    AND NOT EXISTS (SELECT 1 FROM target t CROSS JOIN todo o ON o.target_id = t.id AND o.seq = e.seq)
    AND NOT EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r
      WHERE e.seq BETWEEN r.value ->> 0 AND r.value ->> 1)`;

export const REMOVE_LIVE = 'DELETE FROM live WHERE origin_id = ? AND seq = ?';

export const MARK_COALESCED = `
  INSERT INTO mark (seq, class, other_seq, at) VALUES (?, 'coalesced', ?, ?)`;

export const MARK_REPLACED = `
  INSERT INTO mark (seq, class, other_seq, at) VALUES (?, 'replaced', ?, ?)`;

/** An archived event that was replaced is not selected again when its bytes are restored. */
export const ARCHIVED_TO_REPLACED = `
  UPDATE mark SET class = 'replaced', other_seq = ?, at = ? WHERE seq = ? AND class = 'archived'`;

/** Moves one event without its bytes from one class of its origin to another. */
export const COUNT_MOVED_EMPTY = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
  VALUES (@originId, @class, @events, 0, 0)
  ON CONFLICT (origin_id, class) DO UPDATE SET events = events + excluded.events`;

/** The revision in force with what its replacement has to know. */
export const FIND_IN_FORCE = `
  SELECT seq, revision, origin_id AS originId, size FROM event
  WHERE event_id = ? ORDER BY revision DESC LIMIT 1`;

export const MARK_SUPERSEDED = `
  INSERT INTO superseded (seq, by_seq) VALUES (?, ?)
  ON CONFLICT (seq) DO UPDATE SET by_seq = excluded.by_seq`;

/** Moves one event with its bytes from one class of its origin to another. */
export const COUNT_MOVED = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
  VALUES (@originId, @class, @events, @events, @bytes)
  ON CONFLICT (origin_id, class) DO UPDATE SET events = events + excluded.events,
    retained = retained + excluded.retained, bytes = bytes + excluded.bytes`;

export const INSERT_AUDIT = `
  INSERT INTO audit (at, action, event_id, event_type, family, reason, bytes, details)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

export const COUNT_DISCARDED = `
  INSERT INTO discard_count (family, events) VALUES (?, ?)
  ON CONFLICT (family) DO UPDATE SET events = events + excluded.events`;

/** No row comes back when another process was first. */
export const CLAIM_SPOOL_FILE = `
  INSERT INTO spool_done (name, at, events, problems) VALUES (?, ?, ?, ?)
  ON CONFLICT (name) DO NOTHING`;

/** The last sequence number; 0 before the first. */
export const HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head FROM event';
