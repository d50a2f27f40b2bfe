import { ROW_DIGITS } from '../../transfer/row-digest.js';
import type { FilledTable, WireType } from './tables.js';

/** What says that a journal is being filled, from where, and how far each table is. Made by the owner, and dropped. */
export const CREATE = [
  `CREATE TABLE transfer (
    "only" boolean PRIMARY KEY DEFAULT true CHECK ("only"),
    "id" text NOT NULL,
    "source" text NOT NULL,
    "live" boolean NOT NULL DEFAULT false)`,
  `CREATE TABLE transfer_table (
    "name" text PRIMARY KEY,
    "rows" bigint NOT NULL,
    "digest" numeric NOT NULL,
    "last" text NOT NULL,
    "done" boolean NOT NULL)`,
];

export const DROP = 'DROP TABLE IF EXISTS transfer, transfer_table';

export const IS_THERE = `SELECT to_regclass('transfer') IS NOT NULL AS here`;
export const READ = 'SELECT id, source, live FROM transfer';
export const BEGIN = 'INSERT INTO transfer (id, source) VALUES ($1, $2)';
export const MARK_HEAD = 'UPDATE head SET schema = $1';

export const PROGRESS = `
  SELECT name, rows, digest::text AS digest, last, done FROM transfer_table`;
export const NOTE_PROGRESS = `
  INSERT INTO transfer_table (name, rows, digest, last, done) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (name) DO UPDATE SET rows = excluded.rows, digest = excluded.digest,
    last = excluded.last, done = excluded.done`;

export const HEAD = 'SELECT seq, home FROM head';

/** `space` of the locks of a journal, as its writers take it. */
export const SPACE = `SELECT to_regclass('head')::oid::bigint & 2147483647 AS space`;

/** The first of these tables that holds anything. */
export const firstUsed = (tables: readonly FilledTable[]): string =>
  `SELECT name FROM (VALUES ${tables
    .map(({ name }, index) => `(${index}, '${name}', EXISTS (SELECT 1 FROM "${name}"))`)
    .join(', ')}) AS t (place, name, used) WHERE used ORDER BY place LIMIT 1`;

export const copyInto = ({ name, columns }: FilledTable): string =>
  `COPY "${name}" (${columns.map((column) => `"${column.name}"`).join(', ')}) FROM STDIN (FORMAT binary)`;

/** The text of a value, as src/transfer/row-digest.ts makes it. */
const TEXT_OF: Readonly<Record<WireType, (column: string) => string>> = {
  bigint: (column) => `${column}::text`,
  integer: (column) => `${column}::text`,
  text: (column) => `octet_length(${column})::text || ':' || ${column}`,
  bytea: (column) => `encode(sha256(${column}), 'hex')`,
};

export function digestOf({ name, columns }: FilledTable): string {
  const text = columns
    .map((column) => `coalesce(${TEXT_OF[column.wire](`"${column.name}"`)}, '-') || ','`)
    .join(' || ');
  const digits = `left(encode(sha256(convert_to(${text}, 'UTF8')), 'hex'), ${ROW_DIGITS})`;
  return `SELECT count(*) AS rows,
    coalesce(sum(('x' || ${digits})::bit(${ROW_DIGITS * 4})::bigint), 0)::text AS digest
  FROM "${name}"`;
}

export const CONTINUE_IDS = 'SELECT setval(pg_get_serial_sequence($1, $2), $3)';
export const SET_HEAD = 'UPDATE head SET seq = (SELECT coalesce(max(seq), 0) FROM event)';

export const GO_LIVE = [
  'UPDATE transfer SET live = true',
  // Whoever had the empty journal open looks again.
  'INSERT INTO change AS c (lane, times) VALUES (0, 1) ON CONFLICT (lane) DO UPDATE SET times = c.times + 1',
];

export const ALL_IN_ORDER = `SET synchronous_commit = off; SET enable_seqscan = on;
  SET enable_hashjoin = on; SET enable_mergejoin = on`;
