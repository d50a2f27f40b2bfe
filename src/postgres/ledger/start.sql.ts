/** The first event a target gets, and the events before it that it never had: `exclusion` counts those. */

/** Nothing at a target names an event: it has no delivery there and is not in flight. */
export const isUnnamed = (targetId: string, seq: string): string => `
    NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = ${targetId} AND d.seq = ${seq})
    AND NOT EXISTS (SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE f.target_id = ${targetId} AND ${seq} BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint)`;

/** Where a target starts: as it is stored, or as `@newStart` says where it is about to start elsewhere. */
export const START = `COALESCE(@newStart::bigint,
      (SELECT g.start_seq FROM target g WHERE g.id = @targetId::bigint), 0)`;

/** Events of origin `o` that the target excludes by where it starts. */
export const EXCLUDED_OF_ORIGIN = `CASE WHEN @newStart::bigint IS NULL
    THEN COALESCE((SELECT x.events FROM exclusion x
      WHERE x.target_id = @targetId::bigint AND x.origin_id = o.id), 0)
    ELSE (SELECT count(*) FROM live v WHERE v.origin_id = o.id AND v.seq < @newStart::bigint
      AND ${isUnnamed('@targetId::bigint', 'v.seq')}) END`;

export const START_OF = 'SELECT start_seq AS start FROM target WHERE id = @targetId::bigint';

export const SET_START =
  'UPDATE target SET start_seq = @start::bigint WHERE id = @targetId::bigint';

export const HEAD = 'SELECT seq AS head FROM head';

/**
 * An event captured at or after each of some moments, behind one that was not, found along the
 * sequence numbers; one more than the newest where there is none.
 */
export const FIRST_SINCE = `
  WITH RECURSIVE search (place, at, first, last) AS (
    SELECT m.place, m.at, 1::bigint, h.seq + 1
    FROM unnest(@moments::bigint[]) WITH ORDINALITY AS m (at, place), head h
    UNION ALL
    SELECT s.place, s.at,
      CASE WHEN e.at >= s.at THEN s.first ELSE (s.first + s.last) / 2 + 1 END,
      CASE WHEN e.at >= s.at THEN (s.first + s.last) / 2 ELSE s.last END
    FROM search s CROSS JOIN LATERAL (SELECT COALESCE(
      (SELECT captured_at FROM event WHERE seq = (s.first + s.last) / 2), 0) AS at) e
    WHERE s.first < s.last)
  SELECT first FROM search WHERE first = last ORDER BY place`;

/** The first event below a number that was captured at or after a moment. */
export const EARLIER_SINCE = `
  SELECT seq FROM event WHERE seq < @before::bigint AND captured_at >= @at::bigint
  ORDER BY seq LIMIT 1`;

/** Events of a range that a target was never offered, by origin. */
export const UNNAMED_IN_RANGE = `
  SELECT e.origin_id AS "originId", count(*) AS events
  FROM event e JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  WHERE e.seq BETWEEN @first::bigint AND @last::bigint
    AND ${isUnnamed('@targetId::bigint', 'e.seq')}
  GROUP BY 1`;

/** What was given back, or restored, and is not to be sent any more. */
export const DROP_UNNAMED_TODOS = `
  DELETE FROM todo WHERE target_id = @targetId::bigint
    AND seq BETWEEN @first::bigint AND @last::bigint
    AND ${isUnnamed('@targetId::bigint', 'todo.seq')}`;

/** A lane never comes back behind its cursor: what is wanted there after all gets a todo. */
export const OWE_PASSED_OVER = `
  INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
  SELECT t.id, e.seq, e.origin_id, @now::bigint, t.pass_no, 'any', 0
  FROM target t JOIN event e ON e.seq BETWEEN @first::bigint AND @last::bigint
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  JOIN lane l ON l.target_id = t.id AND l.origin_id = e.origin_id AND l.cursor >= e.seq
  WHERE t.id = @targetId::bigint AND ${isUnnamed('t.id', 'e.seq')}
  ON CONFLICT (target_id, seq) DO NOTHING`;

/** One origin only once in a statement. */
export const COUNT_EXCLUDED = `
  INSERT INTO exclusion AS x (target_id, origin_id, events)
  SELECT @targetId::bigint, w.origin_id, w.events
  FROM unnest(@originIds::bigint[], @events::bigint[]) AS w (origin_id, events)
  ON CONFLICT (target_id, origin_id) DO UPDATE SET events = x.events + excluded.events`;

/** Of a target that has nothing yet, and starts behind the head: everything that is live. */
export const EXCLUDE_ALL = `
  INSERT INTO exclusion (target_id, origin_id, events)
  SELECT @targetId::bigint, origin_id, events FROM journal_count
  WHERE class = 'live' AND events > 0`;

/** The same where it starts earlier. */
export const EXCLUDE_EARLIER = `
  INSERT INTO exclusion (target_id, origin_id, events)
  SELECT @targetId::bigint, origin_id, count(*) FROM live WHERE seq < @start::bigint GROUP BY 2`;

/**
 * Events are live no more, and no target was ever offered them, or not all: those that
 * exclude them count them no longer.
 */
export const EXCLUDED_NO_LONGER = `
  UPDATE exclusion x SET events = x.events - n.events
  FROM (
    SELECT t.id AS target_id, e.origin_id, count(*) AS events
    FROM unnest(@originIds::bigint[], @seqs::bigint[]) AS e (origin_id, seq)
    JOIN target t ON t.start_seq > e.seq
    WHERE ${isUnnamed('t.id', 'e.seq')}
    GROUP BY 1, 2) n
  WHERE x.target_id = n.target_id AND x.origin_id = n.origin_id`;

/** Of event `e`, in a list: true when the target excludes it by where it starts. */
export const IS_EARLY = `(e.seq < ${START} AND ${isUnnamed('@targetId::bigint', 'e.seq')})`;
