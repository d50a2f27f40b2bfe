import { isUnnamed } from '../ledger/start.sql.js';

/** Counts of a few events before and behind a change of them, and what counters move by. */

const GIVEN = 'unnest(@seqs::bigint[]) AS w (seq) JOIN event e ON e.seq = w.seq';

/** How many of these events there are, by everything that `journal_count` counts. */
export const CENSUS_OF_EVENTS = `
  SELECT e.origin_id AS "originId", COALESCE(m.class, 'live') AS class, count(*) AS events,
    count(p.seq) AS retained, sum(CASE WHEN p.seq IS NULL THEN 0 ELSE e.size END) AS bytes
  FROM ${GIVEN}
  LEFT JOIN mark m ON m.seq = w.seq LEFT JOIN payload p ON p.seq = w.seq
  GROUP BY 1, 2`;

/** How many deliveries of these events there are, by everything that `ledger_count` counts. */
export const CENSUS_OF_DELIVERIES = `
  SELECT d.target_id AS "targetId", e.origin_id AS "originId", COALESCE(m.class, 'live') AS class,
    d.status, count(*) AS events
  FROM ${GIVEN} CROSS JOIN target t
  CROSS JOIN LATERAL (SELECT target_id, status FROM delivery
    WHERE target_id = t.id AND seq = w.seq LIMIT 1) d
  LEFT JOIN mark m ON m.seq = w.seq
  GROUP BY 1, 2, 3, 4`;

/** How many of these events each target excludes by where it starts. */
export const CENSUS_OF_EXCLUDED = `
  SELECT t.id AS "targetId", e.origin_id AS "originId", count(*) AS events
  FROM ${GIVEN} JOIN live v ON v.origin_id = e.origin_id AND v.seq = w.seq
  JOIN target t ON t.start_seq > w.seq
  WHERE ${isUnnamed('t.id', 'w.seq')}
  GROUP BY 1, 2`;

/** `@rows` is JSON, as a census has them. */
export const COUNT_EVENTS = `
  INSERT INTO journal_count AS c (origin_id, class, events, retained, bytes)
  SELECT "originId", class, events, retained, bytes FROM jsonb_to_recordset(@rows::jsonb)
    AS r ("originId" bigint, class text, events bigint, retained bigint, bytes bigint)
  ON CONFLICT (origin_id, class) DO UPDATE SET events = c.events + excluded.events,
    retained = c.retained + excluded.retained, bytes = c.bytes + excluded.bytes`;

export const COUNT_DELIVERIES = `
  INSERT INTO ledger_count AS c (target_id, origin_id, class, status, events)
  SELECT "targetId", "originId", class, status, events FROM jsonb_to_recordset(@rows::jsonb)
    AS r ("targetId" bigint, "originId" bigint, class text, status text, events bigint)
  ON CONFLICT (target_id, origin_id, class, status)
    DO UPDATE SET events = c.events + excluded.events`;

export const COUNT_EXCLUDED = `
  INSERT INTO exclusion AS x (target_id, origin_id, events)
  SELECT "targetId", "originId", events FROM jsonb_to_recordset(@rows::jsonb)
    AS r ("targetId" bigint, "originId" bigint, events bigint)
  ON CONFLICT (target_id, origin_id) DO UPDATE SET events = x.events + excluded.events`;
