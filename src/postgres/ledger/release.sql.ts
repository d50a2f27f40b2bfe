/** What a drain asks just before a post, and how it gives a claim back. */

import { LOOKED_UP, RANGES } from '../ranges.js';

/** Which events of ranges were redacted since a claim; no row where the lease or the flight has moved on. */
export const REDACTED_OF_CLAIM = `
  SELECT ARRAY(SELECT m.seq FROM ${RANGES} CROSS JOIN LATERAL (SELECT m.seq FROM mark m
      WHERE m.seq BETWEEN r.first AND r.last AND m.class = 'redacted' ${LOOKED_UP}) m)::text[] AS redacted
  FROM target g JOIN flight f ON f.target_id = g.id
  WHERE g.id = @targetId::bigint AND g.lease_token = @token AND f.claim_id = @claimId`;

/** What lies between a claim's first event of each lane and the lane's cursor. An EXISTS may be planned to read all todos. */
export const PASSED_OVER = `
  SELECT w.origin_id AS "originId", v.seq,
    COALESCE(
      (SELECT true FROM todo t WHERE t.target_id = @targetId::bigint AND t.seq = v.seq),
      (SELECT true FROM delivery d WHERE d.target_id = @targetId::bigint AND d.seq = v.seq),
      false) AS "isNamed"
  FROM unnest(@originIds::bigint[], @froms::bigint[]) AS w (origin_id, first)
  CROSS JOIN LATERAL (SELECT l.cursor FROM lane l
    WHERE l.target_id = @targetId::bigint AND l.origin_id = w.origin_id) l
  CROSS JOIN LATERAL (SELECT v.seq FROM live v
    WHERE v.origin_id = w.origin_id AND v.seq BETWEEN w.first AND l.cursor ${LOOKED_UP}) v`;

export const MOVE_CURSORS_BACK = `
  UPDATE lane l SET cursor = w.first - 1
  FROM unnest(@originIds::bigint[], @froms::bigint[]) AS w (origin_id, first)
  WHERE l.target_id = @targetId::bigint AND l.origin_id = w.origin_id AND l.cursor >= w.first`;

/** Never attempted, and behind a cursor that cannot go back: only the todo names it. */
export const OWE_FIRST = `
  INSERT INTO todo (target_id, origin_id, seq, due_at, pass_no, company, replay)
  SELECT @targetId::bigint, w.origin_id, w.seq, @dueAt::bigint, 0, 'any', 0
  FROM unnest(@originIds::bigint[], @seqs::bigint[]) AS w (origin_id, seq)
  CROSS JOIN LATERAL (SELECT 1 FROM live v WHERE v.origin_id = w.origin_id AND v.seq = w.seq) v
  ON CONFLICT (target_id, seq) DO NOTHING`;

/** Live, never settled, and before the first event that the target gets. */
export const EARLY_AMONG = `
  SELECT w.seq, w.origin_id AS "originId"
  FROM target t, unnest(@originIds::bigint[], @seqs::bigint[]) AS w (origin_id, seq)
  WHERE t.id = @targetId::bigint AND w.seq < t.start_seq
    AND EXISTS (SELECT 1 FROM live v WHERE v.origin_id = w.origin_id AND v.seq = w.seq)
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = t.id AND d.seq = w.seq)`;
