/** Every statement on causes: one row for each target, status and text, never an empty one. */

export const CAUSES_OF = `
  SELECT c.target_id AS "targetId", c.status, c.text, c.events
  FROM unnest(@targetIds::bigint[], @statuses::text[]) AS w (target_id, status)
  CROSS JOIN LATERAL (SELECT * FROM cause c
    WHERE c.target_id = w.target_id AND c.status = w.status) c`;

export const SET_CAUSES = `
  INSERT INTO cause (target_id, status, text, events)
  SELECT * FROM unnest(@targetIds::bigint[], @statuses::text[], @texts::text[], @events::bigint[])
  ON CONFLICT (target_id, status, md5("text")) DO UPDATE SET events = excluded.events`;

export const DROP_CAUSES = `
  DELETE FROM cause c
  USING unnest(@targetIds::bigint[], @statuses::text[], @texts::text[]) AS w (target_id, status, text)
  WHERE c.target_id = w.target_id AND c.status = w.status AND md5(c.text) = md5(w.text)`;

export const FORGET_ALL = 'DELETE FROM cause';

/** What a recount reads: live events that are not delivered, by the error they carry. */
export const REAL_CAUSES = `
  SELECT d.target_id AS "targetId", d.status, d.last_error AS error, count(*) AS events
  FROM delivery d JOIN event e ON e.seq = d.seq
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = d.seq
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed')
  GROUP BY 1, 2, 3`;

/** The same of a few events only. */
export const CAUSES_OF_EVENTS = `
  SELECT d.target_id AS "targetId", d.status, d.last_error AS error, count(*) AS events
  FROM unnest(@seqs::bigint[]) AS w (seq)
  CROSS JOIN LATERAL (SELECT e.seq, e.origin_id FROM event e WHERE e.seq = w.seq) e
  CROSS JOIN LATERAL (SELECT 1 FROM live v WHERE v.origin_id = e.origin_id AND v.seq = e.seq) v
  CROSS JOIN target t
  CROSS JOIN LATERAL (
    SELECT * FROM delivery d WHERE d.target_id = t.id AND d.seq = e.seq LIMIT 1) d
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed')
  GROUP BY 1, 2, 3`;
