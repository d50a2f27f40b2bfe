/** What a new revision of an event means for the deliveries of the earlier ones. */

export const TARGETS = 'SELECT id, canonical_url AS canonicalUrl FROM target ORDER BY id';

export const REVISIONS = 'SELECT seq, revision FROM event WHERE event_id = ? ORDER BY revision';

export const DELIVERY = `
  SELECT status, attempt_count AS attempts FROM delivery WHERE target_id = ? AND seq = ?`;

export const HAS_HISTORY = 'SELECT 1 FROM delivery_history WHERE target_id = ? AND seq = ? LIMIT 1';

export const POSTS_WITH = `
  SELECT outcomes FROM post WHERE target_id = @targetId AND first_seq <= @seq AND last_seq >= @seq`;

export const WITHHOLD = `
  INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, last_error)
  VALUES (?, ?, 'withheld', 0, 0, ?)`;

/** Revisions in force that are withheld at a target, and come after one of these events: it has a mark. */
export const WITHHELD_BEHIND = `
  SELECT e.seq, e.origin_id AS originId, e.event_id AS eventId
  FROM json_each(@seqs) j CROSS JOIN mark m ON m.seq = j.value CROSS JOIN event o ON o.seq = m.seq
  CROSS JOIN event e ON e.event_id = o.event_id AND e.revision > o.revision
  CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  CROSS JOIN delivery d ON d.target_id = @targetId AND d.seq = e.seq AND d.status = 'withheld'`;

/** Its lane's cursor has not come so far: the pass that claimed the earlier one had begun before it was written. */
export const WITHHOLD_NO_LONGER = `
  DELETE FROM delivery WHERE target_id = ? AND seq = ? AND status = 'withheld'`;

/** The deliveries of a replaced row change their class with it; `todo` is only for live ones. */
export const DELIVERIES_OF = `
  SELECT d.target_id AS targetId, d.status, d.last_error AS error FROM target t CROSS JOIN delivery d
    ON d.target_id = t.id AND d.seq = ?`;

export const DROP_TODOS = `
  DELETE FROM todo WHERE seq = ? AND target_id IN (SELECT id FROM target)`;

export const ORIGIN_OF = 'SELECT origin_id AS originId FROM event WHERE seq = ?';
