/** Every statement that reads an old queue file. None of them reads the body tables for more than a count. */

export const TABLES = `SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'`;

export const COUNT = {
  queue: 'SELECT COUNT(*) AS rows FROM queue NOT INDEXED',
  body_upload_queue: 'SELECT COUNT(*) AS rows FROM body_upload_queue NOT INDEXED',
  body_upload_failure_log: 'SELECT COUNT(*) AS rows FROM body_upload_failure_log NOT INDEXED',
} as const;

/** Read as text, invalid UTF-8 would be replaced silently: hence the casts. */
export const SELECT_ROWS = `
  SELECT id, CAST(event_id AS BLOB) AS eventId, CAST(event_type AS BLOB) AS eventType,
    CAST(data AS BLOB) AS data, timestamp, retry_count AS retryCount
  FROM queue `;

export const IN_ORDER = 'ORDER BY timestamp, id';

export const BY_ID = 'NOT INDEXED WHERE id = ?';

/** The table itself, from either end: a damaged index says nothing of what is in it. */
export const IDS_UP = 'SELECT id, timestamp FROM queue NOT INDEXED ORDER BY id';
export const IDS_DOWN = 'SELECT id, timestamp FROM queue NOT INDEXED ORDER BY id DESC';
