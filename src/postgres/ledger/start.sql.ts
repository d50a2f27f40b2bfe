/** The first event a target gets, and the events before it that it never had: `exclusion` counts those. */

/** Nothing at a target names an event: it has no delivery there and is not in flight. */
export const isUnnamed = (targetId: string, seq: string): string => `
    NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = ${targetId} AND d.seq = ${seq})
    AND NOT EXISTS (SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE f.target_id = ${targetId} AND ${seq} BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint)`;

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
