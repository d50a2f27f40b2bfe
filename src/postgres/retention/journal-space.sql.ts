/** What the tables of the journal take up on the disk of the server. */

export const SIZE = `
  SELECT COALESCE(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'`;

/** Tables whose rows hold bytes of events, or what servers said of them. */
export const TABLES = ['payload', 'conflict', 'audit', 'delivery', 'delivery_history', 'post'];

/** Only the owner of a table may rewrite it. */
export const REWRITTEN = `
  SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner,
    pg_has_role(c.relowner, 'USAGE') AS "isOurs"
  FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    AND c.relname = ANY(@tables::text[])
  ORDER BY c.relname`;

/** Pages of the table that are looked at: what some thousand payloads take is near what all take. */
const SAMPLED_PAGES = 200;

/** Of a row beside its bytes: its header, its place on the page and its number. */
const ROW_BYTES = 40;

/** Payloads of more than 2 kB are stored in pieces, with so much more for each byte. */
const PIECES = 1.03;

/** Room of payloads, without what those that are here take by the size of a sample. */
export const FREE = `
  SELECT GREATEST(0, room.bytes - COALESCE(kept.payloads * sample.bytes, 0))::bigint AS free
  FROM (SELECT pg_relation_size(c.oid)
      + CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_relation_size(c.reltoastrelid) END AS bytes,
      pg_relation_size(c.oid) / current_setting('block_size')::int AS pages
    FROM pg_class c WHERE c.oid = 'payload'::regclass) room
  CROSS JOIN (SELECT sum(retained) AS payloads FROM journal_count) kept
  CROSS JOIN LATERAL (SELECT avg(CASE WHEN pg_column_size(p.bytes) > 2000
      THEN pg_column_size(p.bytes) * ${PIECES} ELSE pg_column_size(p.bytes) END + ${ROW_BYTES}) AS bytes
    FROM payload p TABLESAMPLE SYSTEM (LEAST(100, 100.0 * ${SAMPLED_PAGES} / GREATEST(room.pages, 1)))
  ) sample`;
