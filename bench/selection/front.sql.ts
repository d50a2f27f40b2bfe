/**
 * Fills a journal far faster than captures would, to the same rows: every
 * trigger, constraint and counter of the schema is kept. Origins 1 to
 * @projects hold what stands in front.
 */

export const FRONT_ORIGINS = `
  INSERT INTO origin (project_uuid, repo_slug, checkout, event_type)
  SELECT value, @repo, '', @type FROM json_each(@projects)`;

export const FRONT_EVENTS = `
  WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < @count)
  INSERT INTO event (event_id, event_type, origin_id, source, captured_at, carries_id, sha256, size)
  SELECT printf('front-%09d', i), @type, 1 + i % @projects, 'import', @now, 1,
    @digest, @size
  FROM number`;

export const FRONT_PAYLOADS = 'INSERT INTO payload (seq, bytes) SELECT seq, @bytes FROM event';

export const FRONT_LIVE =
  'INSERT INTO live (origin_id, seq) SELECT origin_id, seq FROM event ORDER BY 1, 2';

export const FRONT_COUNTS = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
  SELECT origin_id, 'live', count(*), count(*), sum(size) FROM event GROUP BY 1`;

export const FRONT_FILED = 'UPDATE filed SET seq = (SELECT max(seq) FROM event)';

/** Everything in front is behind the cursors of this target. */
export const PASS_FRONT = `
  INSERT INTO lane (target_id, origin_id, cursor)
  SELECT @targetId, origin_id, max(seq) FROM event GROUP BY 2`;

export const DELIVER_FRONT = `
  INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, first_attempted_at,
    last_attempted_at, accepted_at, completed_at, last_http_status, last_response_json)
  SELECT @targetId, seq, 'success', 1, 0, @now, @now, @now, @now, 200,
    json_object('event_id', event_id, 'status', 'success')
  FROM event`;

export const FAIL_FRONT = `
  INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, first_attempted_at,
    last_attempted_at, next_attempt_at, last_http_status, last_error)
  SELECT @targetId, seq, 'failed_transient', 1, 0, @now, @now, @dueAt + seq % 60000, 503, 'status 503'
  FROM event`;

export const RETRY_FRONT = `
  INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
  SELECT @targetId, seq, origin_id, @dueAt + seq % 60000, @passNo, 'any', 0 FROM event`;

export const COUNT_FRONT = [
  `INSERT INTO ledger_count (target_id, origin_id, class, status, events)
    SELECT @targetId, origin_id, 'live', @status, count(*) FROM event GROUP BY 2`,
  'UPDATE target SET delivery_rows = (SELECT count(*) FROM event) WHERE id = @targetId',
];

/** What an archive of everything in front leaves behind. */
export const ARCHIVE_FRONT = [
  `INSERT INTO mark (seq, class, other_seq, at) SELECT seq, 'archived', NULL, @now FROM event
    WHERE seq <= @count`,
  `INSERT INTO purge (seq, kind, at, canonical_sha256) SELECT seq, 'archive', @now, @digest
    FROM event WHERE seq <= @count`,
  'DELETE FROM payload WHERE seq <= @count',
  'DELETE FROM live WHERE origin_id <= @projects AND seq <= @count',
  'DELETE FROM todo',
  `UPDATE ledger_count SET class = 'archived'`,
  `INSERT INTO journal_count (origin_id, class, events, retained, bytes)
    SELECT origin_id, 'archived', count(*), 0, 0 FROM event WHERE seq <= @count GROUP BY 1`,
  `UPDATE journal_count SET
      events = (SELECT count(*) FROM live v WHERE v.origin_id = journal_count.origin_id),
      retained = (SELECT count(*) FROM live v WHERE v.origin_id = journal_count.origin_id),
      bytes = (SELECT total(e.size) FROM live v JOIN event e USING (seq)
        WHERE v.origin_id = journal_count.origin_id)
    WHERE class = 'live'`,
];
