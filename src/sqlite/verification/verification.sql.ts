/** Reads of `verify`, and the statements that recount counters. */

import { IS_NOT_FILED, WITH_RECENT } from '../journal/filing.sql.js';
import { isUnnamed, REAL_EXCLUSIONS } from '../ledger/start.sql.js';

export const STORED_TRIGGERS = `
  SELECT name, tbl_name AS tableName, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`;

export const STORED_TABLES = `
  SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL`;

/** A page of the journal with everything its digest and its class depend on. */
export const PAGE = `
  SELECT e.seq, e.event_id AS eventId, e.sha256, e.size, m.class, g.kind,
    (${IS_NOT_FILED}) + EXISTS (SELECT 1 FROM live v WHERE v.origin_id = e.origin_id AND v.seq = e.seq) AS live,
    p.bytes
  FROM event e LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
  LEFT JOIN payload p ON p.seq = e.seq
  WHERE e.seq > ? ORDER BY e.seq LIMIT ? + 0`;

export const HEAD = 'SELECT COALESCE(MAX(seq), 0) AS head, COUNT(*) AS events FROM event';

/** Rows without a foreign key that name an event that does not exist. */
export const STRAYS = `
  SELECT 'payload' AS name, seq FROM payload WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = payload.seq)
  UNION ALL
  SELECT 'mark', seq FROM mark WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = mark.seq)
  UNION ALL
  SELECT 'purge', seq FROM purge WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = purge.seq)
  UNION ALL
  SELECT 'live', seq FROM live WHERE NOT EXISTS (
    SELECT 1 FROM event e WHERE e.seq = live.seq AND e.origin_id = live.origin_id)
  UNION ALL
  SELECT 'edge_range', seq + last - first FROM edge_range
  WHERE seq IS NOT NULL AND NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = edge_range.seq + last - first)`;

/** Events that break the invariant of docs/design.md: nothing would ever select these. */
export const FORGOTTEN = `
  SELECT l.target_id AS targetId, v.seq, 'nothing would ever send it' AS problem
  FROM lane l JOIN target g ON g.id = l.target_id
  JOIN live v ON v.origin_id = l.origin_id AND v.seq <= l.cursor AND v.seq >= g.start_seq
  WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = l.target_id AND d.seq = v.seq)
    AND NOT EXISTS (SELECT 1 FROM todo t WHERE t.target_id = l.target_id AND t.seq = v.seq)
    AND NOT EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r
      WHERE f.target_id = l.target_id AND v.seq BETWEEN r.value ->> 0 AND r.value ->> 1)`;

/** A delivery that may be selected again has a todo; one that may not has none, but for a replay. */
export const WRONG_TODOS = `
  SELECT d.target_id AS targetId, d.seq, 'it is ' || d.status ||
    CASE WHEN t.seq IS NULL THEN ', and nothing would try it again' ELSE ', and waits to be sent' END AS problem
  FROM delivery d JOIN event e ON e.seq = d.seq
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = d.seq
  LEFT JOIN todo t ON t.target_id = d.target_id AND t.seq = d.seq
  WHERE (t.seq IS NOT NULL AND NOT t.replay)
     <> (d.status IN ('pending', 'rejected', 'failed_transient'))`;

export const DEAD_TODOS = `
  SELECT t.target_id AS targetId, t.seq, 'it waits to be sent, and is not live' AS problem
  FROM todo t WHERE NOT EXISTS (
    SELECT 1 FROM live v WHERE v.origin_id = t.origin_id AND v.seq = t.seq)`;

export const EARLY_TODOS = `
  SELECT t.target_id AS targetId, t.seq, 'it waits to be sent, and the target starts later' AS problem
  FROM todo t JOIN target g ON g.id = t.target_id AND t.seq < g.start_seq
  WHERE ${isUnnamed('t.target_id', 't.seq')}`;

/** Redaction alone may overtake what is on the wire. */
export const DEAD_FLIGHTS = `
  SELECT f.target_id AS targetId, e.seq, 'it is in flight, and is not live' AS problem
  FROM flight f CROSS JOIN json_each(f.seqs) r
  CROSS JOIN mark e ON e.seq BETWEEN r.value ->> 0 AND r.value ->> 1
  WHERE e.class <> 'redacted'`;

const REAL_EVENTS = `
  SELECT e.origin_id AS originId, COALESCE(m.class, 'live') AS class, COUNT(*) AS events,
    COUNT(p.seq) AS retained, SUM(CASE WHEN p.seq IS NULL THEN 0 ELSE e.size END) AS bytes
  FROM event e LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN payload p ON p.seq = e.seq
  GROUP BY 1, 2`;

const REAL_DELIVERIES = `
  SELECT d.target_id AS targetId, e.origin_id AS originId, COALESCE(m.class, 'live') AS class,
    d.status, COUNT(*) AS events
  FROM delivery d JOIN event e ON e.seq = d.seq LEFT JOIN mark m ON m.seq = d.seq
  GROUP BY 1, 2, 3, 4`;

const REAL_ROWS = `
  SELECT t.id AS targetId, COUNT(d.seq) AS rows FROM target t
  LEFT JOIN delivery d ON d.target_id = t.id GROUP BY 1`;

const COUNTED_EVENTS = `${WITH_RECENT}
  SELECT origin_id AS originId, class, SUM(events) AS events, SUM(retained) AS retained,
    SUM(bytes) AS bytes
  FROM (SELECT * FROM journal_count
    UNION ALL SELECT origin_id, 'live', 1, 1, size FROM recent)
  GROUP BY 1, 2 HAVING SUM(events) <> 0 OR SUM(retained) <> 0 OR SUM(bytes) <> 0`;

const COUNTED_DELIVERIES = `
  SELECT target_id AS targetId, origin_id AS originId, class, status, events FROM ledger_count
  WHERE events <> 0`;

const COUNTED_EXCLUSIONS = `
  SELECT target_id AS targetId, origin_id AS originId, events FROM exclusion WHERE events <> 0`;

const COUNTED_ROWS = 'SELECT id AS targetId, delivery_rows AS rows FROM target';

const REAL_CAUSES = `
  SELECT d.target_id AS targetId, d.status, COUNT(*) AS events
  FROM delivery d JOIN event e ON e.seq = d.seq
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = d.seq
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed') GROUP BY 1, 2`;

/** Texts are shortened and bounded: what must hold is how many have a cause at all. */
const COUNTED_CAUSES = `
  SELECT target_id AS targetId, status, SUM(events) AS events FROM cause GROUP BY 1, 2`;

const COUNTED_EDGES = 'SELECT home AS edge, high, complete, received, excluded FROM edge';

/** `complete`: the last number of the first unbroken cover, which begins at 1. */
const REAL_EDGES = `
  SELECT e.home AS edge, COALESCE(MAX(r.last), 0) AS high,
    COALESCE(MAX(CASE WHEN r.covered = r.last THEN r.last END), 0) AS complete,
    COALESCE(SUM(CASE WHEN r.seq IS NOT NULL THEN r.size END), 0) AS received,
    COALESCE(SUM(CASE WHEN r.seq IS NULL THEN r.size END), 0) AS excluded
  FROM edge e LEFT JOIN (
    SELECT edge_id, last, seq, last - first + 1 AS size,
      SUM(last - first + 1) OVER (PARTITION BY edge_id ORDER BY first) AS covered
    FROM edge_range) r ON r.edge_id = e.id
  GROUP BY e.home`;

/** Each kind of counter as it is and as it should be; equal but for zeros when all is well. */
export const COUNTERS = [
  { name: 'journal', counted: COUNTED_EVENTS, real: REAL_EVENTS },
  { name: 'ledger', counted: COUNTED_DELIVERIES, real: REAL_DELIVERIES },
  { name: 'rows of the ledger', counted: COUNTED_ROWS, real: REAL_ROWS },
  { name: 'exclusions', counted: COUNTED_EXCLUSIONS, real: REAL_EXCLUSIONS },
  { name: 'causes', counted: COUNTED_CAUSES, real: REAL_CAUSES },
  { name: 'edge', counted: COUNTED_EDGES, real: REAL_EDGES },
] as const;

/** Replaces every counter by a recount; nothing else. */
export const RECOUNT = [
  'DELETE FROM journal_count',
  `INSERT INTO journal_count (origin_id, class, events, retained, bytes) ${REAL_EVENTS}`,
  'DELETE FROM ledger_count',
  `INSERT INTO ledger_count (target_id, origin_id, class, status, events) ${REAL_DELIVERIES}`,
  'DELETE FROM exclusion',
  `INSERT INTO exclusion (target_id, origin_id, events) ${REAL_EXCLUSIONS}`,
  `UPDATE target SET delivery_rows = (SELECT COUNT(*) FROM delivery d WHERE d.target_id = target.id)`,
  `UPDATE edge SET (high, complete, received, excluded) = (
    SELECT high, complete, received, excluded FROM (${REAL_EDGES}) x WHERE x.edge = edge.home)`,
];

/** Archives that hold the only bytes of something, and of how much. */
export const ARCHIVES_IN_USE = `
  SELECT detail AS id, COUNT(*) AS events FROM purge WHERE kind = 'archive' GROUP BY 1`;

export const NEEDED_OF_ARCHIVE = `
  SELECT COUNT(*) AS events FROM purge WHERE kind = 'archive' AND detail = ?`;

/** Whether the only bytes of an event are said to be in this archive. */
export const GIVEN_TO_ARCHIVE = `
  SELECT 1 FROM event e JOIN purge g ON g.seq = e.seq
  WHERE e.event_id = ? AND e.sha256 = ? AND g.kind = 'archive' AND g.detail = ?`;

/** Of the revisions of one event at most one may be selected. */
export const TWICE_LIVE = `
  SELECT e.event_id AS eventId FROM event e
  WHERE e.revision > 1 AND EXISTS (SELECT 1 FROM live v WHERE v.origin_id = e.origin_id AND v.seq = e.seq)
    AND EXISTS (SELECT 1 FROM event o JOIN live v ON v.origin_id = o.origin_id AND v.seq = o.seq
      WHERE o.event_id = e.event_id AND o.revision < e.revision)`;
