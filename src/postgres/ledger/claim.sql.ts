import { LOOKED_UP, RANGES } from '../ranges.js';

/**
 * Selection: every statement here goes along an index, and costs as much as its
 * page or its batch, however long journal and ledger are.
 */

/** The first event that the target gets, less one. */
const BEFORE_START = `COALESCE((SELECT g.start_seq FROM target g WHERE g.id = @targetId::bigint), 0) - 1`;

/**
 * True of an event `v` that its target must not be given, because it has, or may
 * have, an earlier revision.
 */
const IS_WITHHELD = `EXISTS (SELECT 1 FROM delivery w
      WHERE w.target_id = @targetId::bigint AND w.seq = v.seq AND w.status = 'withheld')`;

const ORIGIN_COLUMNS = `o.id AS "originId", o.project_uuid AS "projectUuid",
    o.repo_slug AS "repoSlug", o.checkout, o.event_type AS "eventType"`;

/** A page of origins, each with its first unattempted event as far as it has one. */
export const UNSENT_LANES = `
  SELECT ${ORIGIN_COLUMNS},
    (SELECT v.seq FROM live v
      WHERE v.origin_id = o.id AND v.seq <= @head::bigint
        AND v.seq > GREATEST(COALESCE((SELECT l.cursor FROM lane l
          WHERE l.target_id = @targetId::bigint AND l.origin_id = o.id), 0), ${BEFORE_START})
        AND NOT ${IS_WITHHELD}
      ORDER BY v.seq LIMIT 1) AS "firstUnsent"
  FROM origin o WHERE o.id > @after::bigint ORDER BY o.id LIMIT @page + 0`;

/** The same of origins with retries, however many others there are: one index search for each. */
export const TODO_LANES = `
  WITH RECURSIVE next (id) AS (
    SELECT (SELECT min(t.origin_id) FROM todo t
      WHERE t.target_id = @targetId::bigint AND t.origin_id > @after::bigint)
    UNION ALL
    SELECT (SELECT min(t.origin_id) FROM todo t
      WHERE t.target_id = @targetId::bigint AND t.origin_id > next.id)
    FROM next WHERE next.id IS NOT NULL),
  page (id) AS (SELECT id FROM next WHERE id IS NOT NULL LIMIT @page + 0)
  SELECT ${ORIGIN_COLUMNS} FROM page JOIN origin o ON o.id = page.id ORDER BY o.id`;

/** The next events of some lanes, of each from where it stands at this moment, whatever was known of it before. */
export const LANE_STARTS = `
  SELECT l.id, ARRAY(
    SELECT v.seq FROM live v
    WHERE v.origin_id = l.id AND v.seq <= @head::bigint
      AND v.seq > GREATEST(COALESCE((SELECT c.cursor FROM lane c
        WHERE c.target_id = @targetId::bigint AND c.origin_id = l.id), 0), ${BEFORE_START})
      AND NOT ${IS_WITHHELD}
    ORDER BY v.seq LIMIT @limit + 0)
  FROM unnest(@originIds::bigint[]) AS l (id)`;

export const LANE_PAGE = `
  SELECT v.seq FROM live v
  WHERE v.origin_id = @originId::bigint AND v.seq > @after::bigint AND v.seq <= @head::bigint
    AND NOT ${IS_WITHHELD}
  ORDER BY v.seq LIMIT @limit + 0`;

/** Retries of some lanes and one isolation: of each lane those that waited longest. */
const retries = (order: string, condition: string): string => `
  SELECT l.id AS "originId", t.seq
  FROM unnest(@originIds::bigint[]) WITH ORDINALITY AS l (id, place)
  CROSS JOIN LATERAL (
    SELECT t.seq, t.${order} FROM todo t
    WHERE t.target_id = @targetId::bigint AND t.origin_id = l.id AND t.company = @company
      AND t.pass_no < @passNo::bigint AND t.seq <= @head::bigint AND ${condition}
    ORDER BY t.${order}, t.seq LIMIT @limit + 0 OFFSET @offset::bigint) t
  ORDER BY l.place, t.${order}, t.seq`;

/** Those this pass has not tried yet, tried longest ago first, due or not. */
export const UNTRIED_TODO = retries('pass_no', '@dueBy::bigint IS NOT NULL');

/**
 * Those the target accepted and has not decided about, due or not. Looks at
 * every retry on the way: for `now --wait`, which asks rarely.
 */
export const PENDING_TODO = retries(
  'pass_no',
  `@dueBy::bigint IS NOT NULL AND EXISTS (SELECT 1 FROM delivery d
        WHERE d.target_id = t.target_id AND d.seq = t.seq AND d.status = 'pending')`,
);

/**
 * Retries that fell due before the pass began. What the pass itself settles is
 * due later than that, so it never stands in front of what is left.
 */
export const DUE_TODO = retries('due_at', 't.due_at <= @dueBy::bigint');

/** The highest number of which there was an attempt at a target; 0 before the first. */
const ATTEMPTED = `GREATEST(0,
      (SELECT max((r ->> 1)::bigint) FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
        WHERE f.target_id = @targetId::bigint),
      (SELECT d.seq FROM delivery d WHERE d.target_id = @targetId::bigint AND d.attempt_count > 0
        ORDER BY d.seq DESC LIMIT 1))`;

/**
 * The chosen events, their types those of their origins, and whether their bytes were parsed when
 * they were captured. Sorting them here would take half of the time.
 */
export const LOAD_EVENTS = `
  SELECT e.seq, e.origin_id, e.size, e.captured_at, e.carries_id,
    (e.source IN ('capture', 'spool'))::int, e.event_id, e.event_time, e.undeliverable, ${ATTEMPTED}
  FROM ${RANGES} CROSS JOIN LATERAL (SELECT * FROM event v
    WHERE v.seq BETWEEN r.first AND r.last ${LOOKED_UP}) e`;

const payloads = (condition: string): string => `
  SELECT p.seq, p.bytes
  FROM ${RANGES} CROSS JOIN LATERAL (SELECT * FROM payload v
    WHERE v.seq BETWEEN r.first AND r.last ${condition} ${LOOKED_UP}) p`;

/** Their payloads, as far as they are there. */
export const LOAD_PAYLOADS = payloads('');

/** Those of some thousand bytes at most: of all events that may be claimed, they are few megabytes. */
export const LOAD_SMALL_PAYLOADS = payloads('AND octet_length(v.bytes) <= 4096');

/** What retries were before. A replay that is due is of the generation after the row's. */
export const ATTEMPTS = `
  SELECT w.seq, d.attempt_count > 0 AS attempted, d.generation + COALESCE((SELECT t.replay FROM todo t
    WHERE t.target_id = @targetId::bigint AND t.seq = w.seq), 0) AS generation
  FROM unnest(@seqs::bigint[]) AS w (seq)
  CROSS JOIN LATERAL (SELECT d.attempt_count, d.generation FROM delivery d
    WHERE d.target_id = @targetId::bigint AND d.seq = w.seq) d`;

const MOVED = (from: string): string => `
  moved AS (
    INSERT INTO lane AS l (target_id, origin_id, cursor)
    SELECT f.target_id, w.origin_id, w.cursor
    FROM ${from} f, unnest(@originIds::bigint[], @cursors::bigint[]) AS w (origin_id, cursor)
    ON CONFLICT (target_id, origin_id) DO UPDATE SET cursor = excluded.cursor
    WHERE excluded.cursor > l.cursor)`;

/**
 * Milliseconds of a lease. A worker that finds a target locked looks again after a second, and
 * is to have the target of one that is gone within ten.
 */
export const LEASE_MS = 8_000;

/** Epoch milliseconds of the server: those who drain may have clocks that differ. */
export const LEASE_END = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${LEASE_MS}`;

/** Writes no row for whoever lost the lease. */
export const INSERT_FLIGHT = `
  WITH held AS (
    UPDATE target SET lease_until = ${LEASE_END}
    WHERE id = @targetId::bigint AND lease_token = @token RETURNING id AS target_id),
  ${MOVED('held')}
  INSERT INTO flight (target_id, claim_id, seqs, started_at)
  SELECT target_id, @claimId, @seqs, @now::bigint FROM held`;

/** The flight of another claim, with what was claimed behind it. */
export const JOIN_FLIGHT = `
  WITH joined AS (
    UPDATE flight SET seqs = @seqs, started_at = @now::bigint
    WHERE target_id = @targetId::bigint AND claim_id = @claimId RETURNING target_id),
  ${MOVED('joined')}
  SELECT target_id FROM joined`;
