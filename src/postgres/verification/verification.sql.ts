/** Reads of `verify`, and the statements that recount counters. */

import { isUnnamed } from '../ledger/start.sql.js';

/** Columns of the tables of the journal, in their order. */
export const STORED_COLUMNS = `
  SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS "isRequired", c.relpersistence = 'p' AS "isDurable"
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY c.relname, a.attnum`;

/** What constraints and indexes there are, and whether they hold for every row. */
export const STORED_CONSTRAINTS = `
  SELECT c.conname AS name, c.convalidated AS holds FROM pg_constraint c
  WHERE c.connamespace = current_schema()::regnamespace
  UNION ALL
  SELECT c.relname, i.indisvalid AND i.indisready FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE c.relnamespace = current_schema()::regnamespace`;

/** Triggers with what they do; those that the server makes for itself are left out. */
export const STORED_TRIGGERS = `
  SELECT t.tgname AS name, c.relname AS "table", t.tgenabled AS enabled, t.tgtype::int AS type,
    p.proname AS "function", p.prosrc AS source,
    t.tgqual IS NULL AND t.tgattr::text = '' AS "isUnconditional",
    l.lanname = 'plpgsql' AND p.pronamespace = c.relnamespace
      AND p.proconfig = ARRAY['search_path=' || current_setting('search_path')] AS "isAsMade"
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  JOIN pg_language l ON l.oid = p.prolang
  WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal ORDER BY t.tgname`;

/**
 * What else can change the meaning of a statement behind the back of its writer. Rows
 * of a table that inherits are read with those of its parent, and no trigger guards them.
 */
export const REWRITES = `
  SELECT 'rule ' || r.rulename AS name, c.relname AS "table"
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  UNION ALL
  SELECT 'row security', c.relname FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity
  UNION ALL
  SELECT 'inheritance by ' || i.inhrelid::regclass, c.relname
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  ORDER BY 2, 1`;

export const SETTINGS = `
  SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') ORDER BY name`;

/** Whether the journal has every number up to its head. */
export const HEAD = `
  SELECT h.seq AS head, (SELECT count(*) FROM event) AS events,
    COALESCE((SELECT max(seq) FROM event), 0) AS last,
    COALESCE((SELECT min(seq) FROM event), 1) AS first
  FROM head h`;

/** A page of the journal with everything its digest and its class depend on; the server digests the bytes. */
export const PAGE = `
  SELECT e.seq, e.event_id AS "eventId", e.size, m.class, g.kind,
    (SELECT v.seq FROM live v WHERE v.origin_id = e.origin_id AND v.seq = e.seq) IS NOT NULL AS "isLive",
    p.length, p.is_whole AS "isWhole"
  FROM (SELECT * FROM event WHERE seq > @after::bigint ORDER BY seq LIMIT @limit + 0) e
  LEFT JOIN LATERAL (SELECT class FROM mark WHERE seq = e.seq LIMIT 1) m ON true
  LEFT JOIN LATERAL (SELECT kind FROM purge WHERE seq = e.seq LIMIT 1) g ON true
  LEFT JOIN LATERAL (SELECT length(bytes) AS length, sha256(bytes) = e.sha256 AS is_whole
    FROM payload WHERE seq = e.seq LIMIT 1) p ON true
  ORDER BY e.seq`;

/** Of the revisions of one event at most one may be selected. */
export const TWICE_LIVE = `
  SELECT e.event_id AS "eventId" FROM event e
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = e.seq
  WHERE e.revision > 1 AND EXISTS (
    SELECT 1 FROM event o JOIN live w ON w.origin_id = o.origin_id AND w.seq = o.seq
    WHERE o.event_id = e.event_id AND o.revision < e.revision)`;

/** Rows that name what does not exist: no foreign key guards the tables that grow with every event. */
export const STRAYS = `
  SELECT 'payload' AS name, p.seq, 'event' AS parent FROM payload p
  WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = p.seq)
  UNION ALL
  SELECT 'mark', m.seq, 'event' FROM mark m WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = m.seq)
  UNION ALL
  SELECT 'purge', g.seq, 'event' FROM purge g WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = g.seq)
  UNION ALL
  SELECT 'live', v.seq, 'event' FROM live v WHERE NOT EXISTS (
    SELECT 1 FROM event e WHERE e.seq = v.seq AND e.origin_id = v.origin_id)
  UNION ALL
  SELECT 'event', e.seq, 'origin' FROM event e WHERE NOT EXISTS (SELECT 1 FROM origin o WHERE o.id = e.origin_id)
  UNION ALL
  SELECT 'conflict of event', c.existing_seq, 'event' FROM conflict c
  WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = c.existing_seq)
  UNION ALL
  SELECT 'imported row of event', i.seq, 'event' FROM imported_row i
  WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = i.seq)
  UNION ALL
  SELECT n.name, n.seq, 'event' FROM (
    SELECT 'delivery' AS name, seq FROM delivery UNION ALL SELECT 'todo', seq FROM todo) n
  WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = n.seq)
  UNION ALL
  SELECT n.name, n.seq, 'target' FROM (
    SELECT 'delivery' AS name, seq, target_id FROM delivery
    UNION ALL SELECT 'todo', seq, target_id FROM todo) n
  WHERE NOT EXISTS (SELECT 1 FROM target t WHERE t.id = n.target_id)
  UNION ALL
  SELECT 'edge_range', r.seq + r.last - r.first, 'event' FROM edge_range r
  WHERE r.seq IS NOT NULL AND NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = r.seq + r.last - r.first)`;

const isInFlight = (target: string, seq: string): string => `
  EXISTS (SELECT 1 FROM flight f, jsonb_array_elements(f.seqs::jsonb) r
      WHERE f.target_id = ${target} AND ${seq} BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint)`;

/** Events that break the invariant of docs/design.md: nothing would ever select these. */
export const FORGOTTEN = `
  SELECT l.target_id AS "targetId", v.seq, 'nothing would ever send it' AS problem
  FROM lane l JOIN target g ON g.id = l.target_id
  JOIN live v ON v.origin_id = l.origin_id AND v.seq <= l.cursor AND v.seq >= g.start_seq
  WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = l.target_id AND d.seq = v.seq)
    AND NOT EXISTS (SELECT 1 FROM todo t WHERE t.target_id = l.target_id AND t.seq = v.seq)
    AND NOT ${isInFlight('l.target_id', 'v.seq')}`;

/** A delivery that may be selected again has a todo; one that may not has none, but for a replay. */
export const WRONG_TODOS = `
  SELECT d.target_id AS "targetId", d.seq, 'it is ' || d.status ||
    CASE WHEN t.seq IS NULL THEN ', and nothing would try it again' ELSE ', and waits to be sent' END AS problem
  FROM delivery d JOIN event e ON e.seq = d.seq
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = d.seq
  LEFT JOIN todo t ON t.target_id = d.target_id AND t.seq = d.seq
  WHERE (t.seq IS NOT NULL AND t.replay = 0)
     <> (d.status IN ('pending', 'rejected', 'failed_transient'))`;

export const DEAD_TODOS = `
  SELECT t.target_id AS "targetId", t.seq, 'it waits to be sent, and is not live' AS problem
  FROM todo t WHERE NOT EXISTS (
    SELECT 1 FROM live v WHERE v.origin_id = t.origin_id AND v.seq = t.seq)`;

export const EARLY_TODOS = `
  SELECT t.target_id AS "targetId", t.seq, 'it waits to be sent, and the target starts later' AS problem
  FROM todo t JOIN target g ON g.id = t.target_id AND t.seq < g.start_seq
  WHERE ${isUnnamed('t.target_id', 't.seq')}`;

/** Redaction alone may overtake what is on the wire. */
export const DEAD_FLIGHTS = `
  SELECT f.target_id AS "targetId", m.seq, 'it is in flight, and is not live' AS problem
  FROM flight f CROSS JOIN jsonb_array_elements(f.seqs::jsonb) r
  JOIN mark m ON m.seq BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint
  WHERE m.class <> 'redacted'`;

export const TARGET_NAMES = 'SELECT id, name FROM target';

const REAL_EVENTS = `
  SELECT e.origin_id AS "originId", COALESCE(m.class, 'live') AS class, count(*) AS events,
    count(p.seq) AS retained, sum(CASE WHEN p.seq IS NULL THEN 0 ELSE e.size END) AS bytes
  FROM event e LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN payload p ON p.seq = e.seq
  GROUP BY 1, 2`;

const REAL_DELIVERIES = `
  SELECT d.target_id AS "targetId", e.origin_id AS "originId", COALESCE(m.class, 'live') AS class,
    d.status, count(*) AS events
  FROM delivery d JOIN event e ON e.seq = d.seq LEFT JOIN mark m ON m.seq = d.seq
  GROUP BY 1, 2, 3, 4`;

const REAL_ROWS = `
  SELECT t.id AS "targetId", count(d.seq) AS rows FROM target t
  LEFT JOIN delivery d ON d.target_id = t.id GROUP BY 1`;

const REAL_EXCLUSIONS = `
  SELECT t.id AS "targetId", v.origin_id AS "originId", count(*) AS events
  FROM target t JOIN live v ON v.seq < t.start_seq
  WHERE t.start_seq > 0 AND ${isUnnamed('t.id', 'v.seq')}
  GROUP BY 1, 2`;

const COUNTED_EVENTS = `
  SELECT origin_id AS "originId", class, events, retained, bytes FROM journal_count
  WHERE events <> 0 OR retained <> 0 OR bytes <> 0`;

const COUNTED_DELIVERIES = `
  SELECT target_id AS "targetId", origin_id AS "originId", class, status, events FROM ledger_count
  WHERE events <> 0`;

const COUNTED_EXCLUSIONS = `
  SELECT target_id AS "targetId", origin_id AS "originId", events FROM exclusion WHERE events <> 0`;

const COUNTED_ROWS = 'SELECT id AS "targetId", delivery_rows AS rows FROM target';

const REAL_CAUSES = `
  SELECT d.target_id AS "targetId", d.status, count(*) AS events
  FROM delivery d JOIN event e ON e.seq = d.seq
  JOIN live v ON v.origin_id = e.origin_id AND v.seq = d.seq
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed') GROUP BY 1, 2`;

/** Texts are shortened and bounded: what must hold is how many have a cause at all. */
const COUNTED_CAUSES = `
  SELECT target_id AS "targetId", status, sum(events) AS events FROM cause GROUP BY 1, 2`;

const COUNTED_EDGES = 'SELECT home AS edge, high, complete, received, excluded FROM edge';

/** `complete`: the last number of the first unbroken cover, which begins at 1. */
const REAL_EDGES = `
  SELECT e.home AS edge, COALESCE(MAX(r.last), 0) AS high,
    COALESCE(MAX(CASE WHEN r.covered = r.last THEN r.last END), 0) AS complete,
    COALESCE(SUM(CASE WHEN r.seq IS NOT NULL THEN r.size END), 0)::bigint AS received,
    COALESCE(SUM(CASE WHEN r.seq IS NULL THEN r.size END), 0)::bigint AS excluded
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

/** Replaces every counter but causes by a recount; nothing else. The first lines let it read whole tables. */
export const RECOUNT = [
  ...['seqscan', 'hashjoin', 'mergejoin'].map((name) => `SET LOCAL enable_${name} = on`),
  'DELETE FROM journal_count',
  `INSERT INTO journal_count (origin_id, class, events, retained, bytes) ${REAL_EVENTS}`,
  'DELETE FROM ledger_count',
  `INSERT INTO ledger_count (target_id, origin_id, class, status, events) ${REAL_DELIVERIES}`,
  'DELETE FROM exclusion',
  `INSERT INTO exclusion (target_id, origin_id, events) ${REAL_EXCLUSIONS}`,
  `UPDATE target t SET delivery_rows = (SELECT count(*) FROM delivery d WHERE d.target_id = t.id)`,
  `UPDATE edge SET (high, complete, received, excluded) = (
    SELECT x.high, x.complete, x.received, x.excluded FROM (${REAL_EDGES}) x WHERE x.edge = edge.home)`,
];

/** Archives that hold the only bytes of something, and of how much. */
export const ARCHIVES_IN_USE = `
  SELECT detail AS id, count(*) AS events FROM purge WHERE kind = 'archive' GROUP BY 1 ORDER BY 1`;

export const NEEDED_OF_ARCHIVE = `
  SELECT count(*) AS events FROM purge WHERE kind = 'archive' AND detail = @archiveId`;

/** How many of these events have their only bytes, as is said, in this archive. */
export const GIVEN_TO_ARCHIVE = `
  SELECT count(*) AS events
  FROM unnest(@eventIds::text[], @digests::bytea[]) AS w (event_id, sha256)
  JOIN event e ON e.event_id = w.event_id AND e.sha256 = w.sha256
  JOIN purge g ON g.seq = e.seq AND g.kind = 'archive' AND g.detail = @archiveId::text`;
