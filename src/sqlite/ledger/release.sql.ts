/** What a drain asks just before a post, and how it gives a claim back. */

export const REDACTED_AMONG = `
  SELECT m.seq FROM json_each(@ranges) r
  CROSS JOIN mark m ON m.seq BETWEEN r.value ->> 0 AND r.value ->> 1
  WHERE m.class = 'redacted'`;

/** What lies between a claim's first event of a lane and the lane's cursor. */
export const PASSED_OVER = `
  SELECT v.seq, EXISTS (SELECT 1 FROM todo t WHERE t.target_id = @targetId AND t.seq = v.seq) AS hasTodo,
    EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = @targetId AND d.seq = v.seq) AS isKnown
  FROM lane l CROSS JOIN live v ON v.origin_id = l.origin_id AND v.seq BETWEEN @from AND l.cursor
  WHERE l.target_id = @targetId AND l.origin_id = @originId`;

export const MOVE_CURSOR_BACK = `
  UPDATE lane SET cursor = @before WHERE target_id = @targetId AND origin_id = @originId
    AND cursor > @before`;

/** Never attempted, and behind a cursor that cannot go back: only the todo names it. */
export const OWE_FIRST = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  SELECT @targetId, v.origin_id, v.seq, @dueAt, 0, 'any', 0
  FROM json_each(@seqs) j CROSS JOIN live v ON v.origin_id = @originId AND v.seq = j.value
  WHERE true
  ON CONFLICT (target_id, seq) DO NOTHING`;

/** Live, never settled, and before the first event that the target gets. */
export const EARLY_AMONG = `
  SELECT v.seq, v.origin_id AS originId
  FROM target t CROSS JOIN json_each(@seqs) j CROSS JOIN event e ON e.seq = j.value
  CROSS JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  WHERE t.id = @targetId AND e.seq < t.start_seq
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = t.id AND d.seq = e.seq)`;
