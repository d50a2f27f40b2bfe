/** What a capture writes, as plainly as SQL can say it. */

export const INSERT_ORIGIN = `
  INSERT INTO origin (project_uuid, repo_slug, checkout) VALUES (?, 'example/bench', '')`;

export const INSERT_EVENT = `
  INSERT INTO event (event_id, revision, event_type, origin_id, source, event_time, occurred_at,
    captured_at, producer_user, producer_team, drain_blocked_reason, carries_id, undeliverable,
    sha256, size)
  VALUES (?, 1, ?, ?, 'capture', ?, ?, ?, NULL, 'bench-team', NULL, 1, NULL, ?, ?)`;

export const INSERT_PAYLOAD = 'INSERT INTO payload (seq, bytes) VALUES (?, ?)';

export const INSERT_LIVE = 'INSERT INTO live (origin_id, seq) VALUES (?, ?)';

export const COUNT = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes) VALUES (?, 'live', ?, ?, ?)
  ON CONFLICT (origin_id, class) DO UPDATE SET events = events + excluded.events,
    retained = retained + excluded.retained, bytes = bytes + excluded.bytes`;
