/** The first event a target gets, and the events before it that it never had: `exclusion` counts those. */

import { recentBefore } from '../journal/filing.sql.js';

/** Nothing at a target names an event: it has no delivery there and is not in flight. */
export const isUnnamed = (targetId: string, seq: string): string => `
    NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = ${targetId} AND d.seq = ${seq})
    AND NOT EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r
      WHERE f.target_id = ${targetId} AND ${seq} BETWEEN r.value ->> 0 AND r.value ->> 1)`;

/** Where a target starts: as it is stored, or as `@newStart` says where it is about to start elsewhere. */
export const START = `COALESCE(@newStart,
      (SELECT g.start_seq FROM target g WHERE g.id = @targetId), 0)`;

/** Events of origin `o` that the target excludes by where it starts, in a statement that begins with `WITH_RECENT`. */
export const EXCLUDED_OF_ORIGIN = `CASE WHEN @newStart IS NULL
    THEN COALESCE((SELECT x.events FROM exclusion x
      WHERE x.target_id = @targetId AND x.origin_id = o.id), 0)
    ELSE (SELECT COUNT(*) FROM live v WHERE v.origin_id = o.id AND v.seq < @newStart
      AND ${isUnnamed('@targetId', 'v.seq')}) + ${recentBefore('@newStart')} END`;

export const START_OF = 'SELECT start_seq AS start FROM target WHERE id = ?';

export const SET_START = 'UPDATE target SET start_seq = @start WHERE id = @targetId';

export const HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head FROM event';

export const CAPTURED_AT = 'SELECT captured_at AS at FROM event WHERE seq = ?';

/** The first event below a number that was captured at or after a moment. */
export const EARLIER_SINCE = `
  SELECT seq FROM event WHERE seq < @before AND captured_at >= @at ORDER BY seq LIMIT 1`;

/** Events of a range that a target was never offered, by origin. */
export const UNNAMED_IN_RANGE = `
  SELECT e.origin_id AS originId, COUNT(*) AS events
  FROM event e CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  WHERE e.seq BETWEEN @first AND @last AND ${isUnnamed('@targetId', 'e.seq')}
  GROUP BY 1`;

/** What was given back, or restored, and is not to be sent any more. */
export const DROP_UNNAMED_TODOS = `
  DELETE FROM todo WHERE target_id = @targetId AND seq BETWEEN @first AND @last
    AND ${isUnnamed('@targetId', 'todo.seq')}`;

/** A lane never comes back behind its cursor: what is wanted there after all gets a todo. */
export const OWE_PASSED_OVER = `
  INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
  SELECT t.id, e.seq, e.origin_id, @now, t.pass_no, 'any', 0
  FROM target t CROSS JOIN event e CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  CROSS JOIN lane l ON l.target_id = t.id AND l.origin_id = e.origin_id AND l.cursor >= e.seq
  WHERE t.id = @targetId AND e.seq BETWEEN @first AND @last AND ${isUnnamed('t.id', 'e.seq')}
  ON CONFLICT (target_id, seq) DO NOTHING`;

export const COUNT_EXCLUDED = `
  INSERT INTO exclusion (target_id, origin_id, events) VALUES (@targetId, @originId, @events)
  ON CONFLICT (target_id, origin_id) DO UPDATE SET events = events + excluded.events`;

/** Of a target that has nothing yet, and starts behind the head: everything that is live. */
export const EXCLUDE_ALL = `
  INSERT INTO exclusion (target_id, origin_id, events)
  SELECT @targetId, origin_id, events FROM journal_count WHERE class = 'live' AND events > 0`;

/** The same where it starts earlier. */
export const EXCLUDE_EARLIER = `
  INSERT INTO exclusion (target_id, origin_id, events)
  SELECT @targetId, origin_id, COUNT(*) FROM live WHERE seq < @start GROUP BY 2`;

/** An event is about to be live no more, and no target was ever offered it, or not all: those that exclude it count one less. */
export const EXCLUDED_NO_LONGER = `
  UPDATE exclusion SET events = events - 1
  WHERE origin_id = @originId AND target_id IN (
    SELECT t.id FROM target t WHERE t.start_seq > @seq AND ${isUnnamed('t.id', '@seq')})`;

/** How many of these events each target excludes by where it starts. */
export const CENSUS_OF_EXCLUDED = `
  SELECT t.id AS targetId, e.origin_id AS originId, COUNT(*) AS events
  FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value
  CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  CROSS JOIN target t ON t.start_seq > e.seq
  WHERE ${isUnnamed('t.id', 'e.seq')}
  GROUP BY 1, 2`;

/** What a recount reads. */
export const REAL_EXCLUSIONS = `
  SELECT t.id AS targetId, v.origin_id AS originId, COUNT(*) AS events
  FROM target t CROSS JOIN live v
  WHERE t.start_seq > 0 AND v.seq < t.start_seq AND ${isUnnamed('t.id', 'v.seq')}
  GROUP BY 1, 2`;

/** Of event `e`, in a list: true when the target excludes it by where it starts. */
export const IS_EARLY = `(e.seq < ${START} AND ${isUnnamed('@targetId', 'e.seq')})`;

export const STARTS_AFTER = 'SELECT 1 FROM target WHERE id = ? AND start_seq > ?';
