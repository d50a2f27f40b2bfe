/** What a new revision of an event means for the deliveries of the earlier ones. */

/** All that is known of each revision of an event at each target, or at one. */
export const REVISION_FACTS = `
  SELECT t.id AS "targetId", t.canonical_url AS "canonicalUrl", e.seq, e.revision,
    EXISTS (SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE f.target_id = t.id AND e.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint) AS "inFlight",
    d.status, COALESCE(d.attempt_count, 0) AS attempts,
    EXISTS (SELECT 1 FROM delivery_history h
      WHERE h.target_id = t.id AND h.seq = e.seq) AS replayed,
    CASE WHEN d.attempt_count > 0 THEN (SELECT count(*) FROM post p
      WHERE p.target_id = t.id AND p.first_seq <= e.seq AND p.last_seq >= e.seq
        AND EXISTS (SELECT 1 FROM jsonb_each(p.outcomes::jsonb) o, jsonb_array_elements(o.value) r
          WHERE o.key IN ('rejected', 'terminal_failed')
            AND e.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint)) ELSE 0 END AS refusals
  FROM target t
  LEFT JOIN LATERAL (SELECT e.seq, e.revision FROM event e WHERE e.event_id = @eventId) e ON true
  LEFT JOIN LATERAL (SELECT d.status, d.attempt_count FROM delivery d
    WHERE d.target_id = t.id AND d.seq = e.seq) d ON true
  WHERE t.id = @targetId::bigint OR @targetId::bigint IS NULL
  ORDER BY t.id, e.revision`;

/** At each of these targets. */
export const WITHHOLD = `
  WITH counted AS (
    UPDATE target SET delivery_rows = delivery_rows + 1 WHERE id = ANY(@targetIds::bigint[])),
  withheld AS (
    INSERT INTO ledger_count AS c (target_id, origin_id, class, status, events)
    SELECT w.id, (SELECT e.origin_id FROM event e WHERE e.seq = @seq::bigint), 'live', 'withheld', 1
    FROM unnest(@targetIds::bigint[]) AS w (id)
    ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET events = c.events + 1)
  INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, last_error)
  SELECT w.id, @seq::bigint, 'withheld', 0, 0, w.reason
  FROM unnest(@targetIds::bigint[], @reasons::text[]) AS w (id, reason)`;

/** Revisions in force that are withheld at a target, and come after one of these events: it has a mark. */
export const WITHHELD_BEHIND = `
  SELECT e.seq, e.origin_id AS "originId", e.event_id AS "eventId",
    e.seq < (SELECT t.start_seq FROM target t WHERE t.id = @targetId::bigint) AS "isEarly"
  FROM unnest(@seqs::bigint[]) AS w (seq)
  CROSS JOIN LATERAL (SELECT m.seq FROM mark m WHERE m.seq = w.seq) m
  CROSS JOIN LATERAL (SELECT o.event_id, o.revision FROM event o WHERE o.seq = m.seq) o
  CROSS JOIN LATERAL (SELECT * FROM event e
    WHERE e.event_id = o.event_id AND e.revision > o.revision) e
  WHERE EXISTS (SELECT 1 FROM live v WHERE v.origin_id = e.origin_id AND v.seq = e.seq)
    AND EXISTS (SELECT 1 FROM delivery d
      WHERE d.target_id = @targetId::bigint AND d.seq = e.seq AND d.status = 'withheld')`;

/** Its lane's cursor has not come so far: the pass that claimed the earlier one had begun before it was written. */
export const WITHHOLD_NO_LONGER = `
  DELETE FROM delivery
  WHERE target_id = @targetId::bigint AND seq = @seq::bigint AND status = 'withheld'`;

/** The deliveries of a replaced row change their class with it. */
export const DELIVERIES_OF = `
  SELECT d.target_id AS "targetId", d.status, d.last_error AS error,
    (SELECT e.origin_id FROM event e WHERE e.seq = @seq::bigint) AS "originId"
  FROM target t CROSS JOIN LATERAL (SELECT * FROM delivery d
    WHERE d.target_id = t.id AND d.seq = @seq::bigint) d`;

/** Counters of several targets, each only once in a statement. */
export const COUNT_AT_TARGETS = `
  INSERT INTO ledger_count AS c (target_id, origin_id, class, status, events)
  SELECT * FROM unnest(@targetIds::bigint[], @originIds::bigint[], @classes::text[],
    @statuses::text[], @events::bigint[])
  ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET
    events = c.events + excluded.events`;

/** `todo` is only for live ones. */
export const DROP_TODOS_OF = `
  DELETE FROM todo WHERE seq = @seq::bigint AND target_id IN (SELECT id FROM target)`;
