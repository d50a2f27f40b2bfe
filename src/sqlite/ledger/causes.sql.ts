/** Every statement on causes: one row for each target, status and text, never an empty one. */

export const CAUSES_OF = `
  SELECT text, events FROM cause WHERE target_id = @targetId AND status = @status`;

export const SET_CAUSE = `
  INSERT INTO cause (target_id, status, text, events) VALUES (@targetId, @status, @text, @events)
  ON CONFLICT (target_id, status, text) DO UPDATE SET events = excluded.events`;

export const DROP_CAUSE = `
  DELETE FROM cause WHERE target_id = @targetId AND status = @status AND text = @text`;

export const FORGET_ALL = 'DELETE FROM cause';

/** What a recount reads: live events that are not delivered, by the error they carry. */
export const REAL_CAUSES = `
  SELECT d.target_id AS targetId, d.status, d.last_error AS error, COUNT(*) AS events
  FROM delivery d JOIN event e ON e.seq = d.seq
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = d.seq
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed')
  GROUP BY 1, 2, 3`;

/** The same of a few events only. */
export const CAUSES_OF_EVENTS = `
  SELECT d.target_id AS targetId, d.status, d.last_error AS error, COUNT(*) AS events
  FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value
  CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  CROSS JOIN target t CROSS JOIN delivery d ON d.target_id = t.id AND d.seq = e.seq
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed')
  GROUP BY 1, 2, 3`;
