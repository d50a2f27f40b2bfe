/** Which events have had their effect. Times are for those who clean up. */
export const SQLITE_CREATE = `
  CREATE TABLE IF NOT EXISTS received_event_ids (
    id TEXT PRIMARY KEY,
    received_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
  ) WITHOUT ROWID`;

export const SQLITE_RECORD = `INSERT OR IGNORE INTO received_event_ids (id) VALUES (?)`;

export const POSTGRES_EXISTS = `SELECT to_regclass('received_event_ids') IS NOT NULL AS found`;

export const POSTGRES_CREATE = `
  CREATE TABLE IF NOT EXISTS received_event_ids (
    id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  )`;

/** A server that confirms before it has written would forget events that were acknowledged. */
export const POSTGRES_BEGIN = `
  BEGIN;
  SELECT set_config('synchronous_commit', 'on', true)
  WHERE current_setting('synchronous_commit') = 'off'`;

/** In the order of the ids, so that two requests with the same events cannot wait for each other. */
export const POSTGRES_RECORD = `
  INSERT INTO received_event_ids (id)
  SELECT id FROM unnest($1::text[]) AS given (id) ORDER BY id
  ON CONFLICT (id) DO NOTHING
  RETURNING id`;

export const POSTGRES_FORGET = `DELETE FROM received_event_ids WHERE id = ANY ($1::text[])`;
