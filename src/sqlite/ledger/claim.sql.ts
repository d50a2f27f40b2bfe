/**
 * Selection: every statement here is an index search whose cost depends on
 * its page or its batch, never on the length of journal or ledger (a test
 * reads the query plans).
 *
 * `LIMIT @limit + 0`: SQLite prepares a statement again whenever a parameter is
 * bound that stands alone behind LIMIT, which costs more than most of these do.
 */

import { firstRecent, WITH_RECENT } from '../journal/filing.sql.js';

/** The first event that the target gets, less one. */
const BEFORE_START = `COALESCE((SELECT g.start_seq FROM target g WHERE g.id = @targetId), 0) - 1`;

const CURSOR = `MAX(COALESCE((SELECT l.cursor FROM lane l
      WHERE l.target_id = @targetId AND l.origin_id = @originId), 0), ${BEFORE_START})`;

/**
 * True of an event `v` that its target must not be given, because it has, or may
 * have, an earlier revision. There are few, and they have an index of their
 * own: asking costs next to nothing.
 */
const isWithheld = (targetId: string): string => `EXISTS (
      SELECT 1 FROM delivery w INDEXED BY ix_delivery_withheld
      WHERE w.target_id = ${targetId} AND w.seq = v.seq AND w.status = 'withheld')`;

/** A page of origins, each with its first unattempted event as far as it has one. */
export const UNSENT_LANES = `${WITH_RECENT}
  SELECT o.id AS originId, o.project_uuid AS projectUuid, o.repo_slug AS repoSlug, o.checkout,
    o.event_type AS eventType,
    COALESCE((SELECT v.seq FROM live v
      WHERE v.origin_id = o.id AND v.seq > MAX(COALESCE(l.cursor, 0), ${BEFORE_START}) AND v.seq <= @head
        AND NOT ${isWithheld('@targetId')}
      ORDER BY v.seq LIMIT 1), ${firstRecent('0', '@head')}) AS firstUnsent
  FROM origin o LEFT JOIN lane l ON l.target_id = @targetId AND l.origin_id = o.id
  WHERE o.id > @after ORDER BY o.id LIMIT @page + 0`;

/** The same of origins with retries, however many others there are: one index search for each. */
export const TODO_LANES = `
  WITH RECURSIVE next(id) AS (
    SELECT (SELECT min(t.origin_id) FROM todo t INDEXED BY ix_todo_pass
      WHERE t.target_id = @targetId AND t.origin_id > @after)
    UNION ALL
    SELECT (SELECT min(t.origin_id) FROM todo t INDEXED BY ix_todo_pass
      WHERE t.target_id = @targetId AND t.origin_id > next.id)
    FROM next WHERE next.id IS NOT NULL
    LIMIT @page + 0)
  SELECT o.id AS originId, o.project_uuid AS projectUuid, o.repo_slug AS repoSlug, o.checkout,
    o.event_type AS eventType
  FROM next CROSS JOIN origin o ON o.id = next.id`;

/** Whether anything at all is withheld from the target, so that its lanes have to be looked through for it. */
export const HAS_WITHHELD = `
  SELECT 1 FROM delivery INDEXED BY ix_delivery_withheld
  WHERE target_id = ? AND status = 'withheld' LIMIT 1`;

const lanePage = (after: string, condition: string): string => `
  SELECT v.seq FROM live v
  WHERE v.origin_id = @originId AND v.seq > ${after} AND v.seq <= @head${condition}
  ORDER BY v.seq LIMIT @limit + 0`;

const NOT_WITHHELD = `
    AND NOT ${isWithheld('@targetId')}`;

/** From where the lane stands at this moment, whatever was known of it before. */
export const LANE_START = lanePage(CURSOR, NOT_WITHHELD);

export const LANE_PAGE = lanePage('@after', NOT_WITHHELD);

/** The same of a target from which nothing is withheld. */
export const OPEN_LANE_START = lanePage(CURSOR, '');

export const OPEN_LANE_PAGE = lanePage('@after', '');

/** Retries this pass has not tried yet, those tried longest ago first, due or not. */
export const UNTRIED_TODO = `
  SELECT seq, origin_id AS originId FROM todo INDEXED BY ix_todo_pass
  WHERE target_id = @targetId AND origin_id = @originId AND company = @company
    AND pass_no < @passNo AND seq <= @head
  ORDER BY pass_no, seq LIMIT @limit + 0 OFFSET @offset`;

/**
 * Those the target accepted and has not decided about, due or not. Looks at
 * every retry on the way: for `now --wait`, which asks rarely.
 */
export const PENDING_TODO = `
  SELECT t.seq, t.origin_id AS originId FROM todo t INDEXED BY ix_todo_pass
  WHERE t.target_id = @targetId AND t.origin_id = @originId AND t.company = @company
    AND t.pass_no < @passNo AND t.seq <= @head
    AND EXISTS (SELECT 1 FROM delivery d
      WHERE d.target_id = t.target_id AND d.seq = t.seq AND d.status = 'pending')
  ORDER BY t.pass_no, t.seq LIMIT @limit + 0 OFFSET @offset`;

/**
 * Retries that fell due before the pass began. What the pass itself settles is
 * due later than that, so it never stands in front of what is left.
 */
export const DUE_TODO = `
  SELECT seq, origin_id AS originId FROM todo INDEXED BY ix_todo_due
  WHERE target_id = @targetId AND origin_id = @originId AND company = @company
    AND due_at <= @dueBy AND pass_no < @passNo AND seq <= @head
  ORDER BY due_at, seq LIMIT @limit + 0 OFFSET @offset`;

/** In the order of `EventRow`. The type of an event is that of its origin. */
const EVENT_COLUMNS = [
  'e.seq',
  'e.event_id',
  'e.event_time',
  "e.carries_id + 2 * (e.source IN ('capture', 'spool'))",
  'e.undeliverable',
  'e.size',
  'e.origin_id',
  'e.captured_at',
];

const CHOSEN = `json_each(@ranges) r CROSS JOIN event e ON e.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

/**
 * The chosen events in journal order, all of them first attempts, without their
 * payloads: one row with a JSON array of each column, which takes less time than to step through them.
 */
export const LOAD_FIRSTS = `
  SELECT ${EVENT_COLUMNS.map((column) => `json_group_array(${column})`).join(', ')} FROM ${CHOSEN}`;

/** The same where some are retries. A replay that is due is of the generation after the row's. */
export const LOAD_EVENTS = `
  SELECT ${EVENT_COLUMNS.join(', ')},
    e.seq IN (SELECT value FROM json_each(@again)) AND EXISTS (SELECT 1 FROM delivery d
      WHERE d.target_id = @targetId AND d.seq = e.seq AND d.attempt_count > 0) AS attempted,
    CASE WHEN e.seq IN (SELECT value FROM json_each(@again)) THEN COALESCE((
      SELECT d.generation + COALESCE((SELECT t.replay FROM todo t
        WHERE t.target_id = d.target_id AND t.seq = d.seq), 0)
      FROM delivery d WHERE d.target_id = @targetId AND d.seq = e.seq), 1) ELSE 1 END AS generation
  FROM ${CHOSEN}`;

/**
 * Their payloads as one value with commas in between, and whose they are and how
 * long: a value for each would have to be copied and collected on its own.
 */
export const LOAD_PAYLOADS = `
  SELECT CAST(group_concat(p.bytes, ',') AS BLOB), json_group_array(p.seq),
    json_group_array(octet_length(p.bytes))
  FROM json_each(@ranges) r CROSS JOIN payload p ON p.seq BETWEEN r.value ->> 0 AND r.value ->> 1`;

/** The highest number of which there was an attempt at a target; null before the first. */
export const ATTEMPTED = `
  SELECT MAX(seq) FROM (
    SELECT MAX(r.value ->> 1) AS seq FROM flight f, json_each(f.seqs) r WHERE f.target_id = @targetId
    UNION ALL
    SELECT * FROM (SELECT d.seq FROM delivery d
      WHERE d.target_id = @targetId AND d.attempt_count > 0 ORDER BY d.seq DESC LIMIT 1))`;

export const MOVE_CURSOR = `
  INSERT INTO lane (target_id, origin_id, cursor) VALUES (?, ?, ?)
  ON CONFLICT (target_id, origin_id) DO UPDATE SET cursor = excluded.cursor
  WHERE excluded.cursor > cursor`;

export const INSERT_FLIGHT =
  'INSERT INTO flight (target_id, claim_id, seqs, started_at) VALUES (?, ?, ?, ?)';
