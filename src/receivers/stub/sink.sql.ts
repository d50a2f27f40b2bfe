/** The sink's own small database: nothing else of redrain reads it. */
export const CREATE = `
  CREATE TABLE IF NOT EXISTS received (
    seq INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    bytes BLOB NOT NULL,
    times INTEGER NOT NULL DEFAULT 1
  );
  CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    events INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    status INTEGER
  );
  CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);`;

/** The first bytes stay, whatever comes later under the same id. */
export const RECEIVE = `
  INSERT INTO received (event_id, bytes) VALUES (?, ?)
  ON CONFLICT (event_id) DO UPDATE SET times = times + 1
  RETURNING times`;

export const LOG_POST = `
  INSERT INTO post (received_at, events, stored, status)
  VALUES (@receivedAt, @events, @stored, @status)`;

export const STATS = `
  SELECT (SELECT count(*) FROM post) AS posts,
         count(*) AS "unique",
         coalesce(sum(times), 0) AS events,
         coalesce(sum(times), 0) - count(*) AS duplicates
  FROM received`;

export const BYTES_OF = `SELECT bytes FROM received WHERE event_id = ?`;
export const TIMES_OF = `SELECT times FROM received WHERE event_id = ?`;
export const EVENT_IDS = `SELECT event_id FROM received ORDER BY seq`;
export const POSTS = `
  SELECT received_at AS receivedAt, events, stored, status FROM post ORDER BY id`;

export const KEEP_ABOUT = `INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)`;
export const READ_ABOUT = `SELECT value FROM about WHERE name = ?`;

export const HOLDS = `SELECT count(*) FROM received WHERE event_id = ? AND length(bytes) > 0`;
/** The row stays: the sink still knows that the event came. */
export const ERASE = `UPDATE received SET bytes = x'' WHERE event_id = ? AND length(bytes) > 0`;
