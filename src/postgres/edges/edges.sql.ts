/** What a hub knows of its edges. Each statement but the lists is an index search. */

const COLUMNS = `
  e.id, e.home, e.name, e.host, e.high, e.complete, e.received, e.excluded,
  e.high - e.received - e.excluded AS missing, e.lag_ms AS "lagMs", e.clock_ms AS "clockMs",
  e.first_seen_at AS "firstSeenAt", e.last_seen_at AS "lastSeenAt"`;

export const LIST = `SELECT ${COLUMNS} FROM edge e ORDER BY e.id`;

export const FIND = `
  SELECT ${COLUMNS} FROM edge e
  WHERE e.id::text = @which::text OR e.home = @which::text OR e.name = @which::text
  ORDER BY e.id::text = @which::text DESC, e.home = @which::text DESC, e.last_seen_at DESC LIMIT 1`;

export const FAULTS = `
  SELECT edge_id AS "edgeId", kind, number, times, first_found_at AS "firstFoundAt",
    last_found_at AS "lastFoundAt"
  FROM edge_fault ORDER BY edge_id, first_found_at, kind`;

/** From the first number that is not accounted for on: what lies between neighbours. */
export const GAPS = `
  SELECT r.before + 1 AS first, r.first - 1 AS last FROM (
    SELECT first, lag(last, 1, @complete::bigint) OVER (ORDER BY first) AS before
    FROM edge_range WHERE edge_id = @edgeId::bigint AND first > @complete::bigint) r
  WHERE r.first > r.before + 1 ORDER BY 1`;

export const INSTANCES = `
  SELECT instance, host, first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt"
  FROM edge_instance WHERE edge_id = @edgeId ORDER BY last_seen_at DESC, first_seen_at DESC, instance`;

export const ACKNOWLEDGE = 'DELETE FROM edge_fault WHERE edge_id = @id';

export const BIND =
  'INSERT INTO edge_token (sha256, home) VALUES (@sha256, @home) ON CONFLICT (sha256) DO NOTHING';

export const BOUND = 'SELECT home FROM edge_token WHERE sha256 = @sha256';

/** An index search for those that begin at the event or before it. Who sent another content sent a conflict. */
export const PLACES_OF = `
  SELECT e.home, e.name, r.first + @seq::bigint - r.seq AS number
  FROM edge_range r JOIN edge e ON e.id = r.edge_id
  WHERE r.seq BETWEEN @seq::bigint - @longest::bigint AND @seq::bigint
    AND r.seq + r.last - r.first >= @seq::bigint
    AND NOT EXISTS (SELECT 1 FROM edge_conflict c
      WHERE c.edge_id = r.edge_id AND c.number = r.first + @seq::bigint - r.seq)
  ORDER BY e.id, r.first`;

export const SENDERS_OF = `
  SELECT e.home, e.name, c.number FROM edge_conflict c JOIN edge e ON e.id = c.edge_id
  WHERE c.conflict_id = @conflictId ORDER BY e.id, c.number`;

// Written with the events that an edge sends.

const EDGE_ROW = 'id, instance, stream, request, high, complete, received, excluded';

export const FIND_EDGE = `SELECT ${EDGE_ROW} FROM edge WHERE home = @home`;

export const INSERT_EDGE = `
  INSERT INTO edge (home, name, host, instance, stream, request, high, complete, received, excluded,
    lag_ms, clock_ms, first_seen_at, last_seen_at)
  VALUES (@home, @name, @host, @instance, @stream, '', 0, 0, 0, 0, NULL, 0, @at::bigint, @at::bigint)
  RETURNING ${EDGE_ROW}`;

export const UPDATE_EDGE = `
  UPDATE edge SET name = COALESCE(@name::text, name), host = @host, instance = @instance,
    stream = @stream, request = @request, high = @high, complete = @complete, received = @received,
    excluded = @excluded, lag_ms = @lag, clock_ms = @clock, last_seen_at = @at
  WHERE id = @id`;

export const KNOWN_INSTANCE =
  'SELECT 1 AS one FROM edge_instance WHERE edge_id = @id AND instance = @instance';

export const NOTE_INSTANCE = `
  INSERT INTO edge_instance (edge_id, instance, host, first_seen_at, last_seen_at)
  VALUES (@id, @instance, @host, @at::bigint, @at::bigint)
  ON CONFLICT (edge_id, instance)
    DO UPDATE SET host = excluded.host, last_seen_at = excluded.last_seen_at`;

/** A machine that gives a home a new copy at each start leaves no more than these. */
export const FORGET_INSTANCES = `
  DELETE FROM edge_instance WHERE edge_id = @id::bigint AND instance NOT IN (
    SELECT instance FROM edge_instance WHERE edge_id = @id::bigint
    ORDER BY last_seen_at DESC LIMIT @most + 0)`;

/** Those that overlap, and the one that ends right before. */
export const NEAR = `
  SELECT first, last, seq FROM edge_range
  WHERE edge_id = @id::bigint AND last >= @first::bigint - 1 AND first BETWEEN COALESCE((
    SELECT max(first) FROM edge_range WHERE edge_id = @id::bigint AND first < @first::bigint),
    @first::bigint) AND @last::bigint
  ORDER BY first`;

export const REMOVE_RANGES =
  'DELETE FROM edge_range WHERE edge_id = @id AND first = ANY(@firsts::bigint[])';

export const INSERT_RANGES = `
  INSERT INTO edge_range (edge_id, first, last, seq)
  SELECT @id::bigint, * FROM unnest(@firsts::bigint[], @lasts::bigint[], @seqs::bigint[])`;

/** The end of the range that holds the number after this one, if there is one. */
export const REACHES = `
  SELECT last FROM edge_range WHERE edge_id = @id AND first <= @after::bigint + 1
  ORDER BY first DESC LIMIT 1`;

export const EVENT_IDS = `
  SELECT e.seq, e.event_id AS "eventId" FROM unnest(@seqs::bigint[]) AS w (seq)
  JOIN event e ON e.seq = w.seq`;

export const NOTE_FAULT = `
  INSERT INTO edge_fault AS f (edge_id, kind, number, times, first_found_at, last_found_at)
  VALUES (@id, @kind, @number, @times, @at::bigint, @at::bigint)
  ON CONFLICT (edge_id, kind) DO UPDATE SET times = f.times + excluded.times,
    last_found_at = excluded.last_found_at`;

export const NOTE_CONFLICTS = `
  INSERT INTO edge_conflict (conflict_id, edge_id, number)
  SELECT w.conflict_id, @id::bigint, w.number
  FROM unnest(@conflictIds::bigint[], @numbers::bigint[]) AS w (conflict_id, number)
  ON CONFLICT DO NOTHING`;
