/**
 * The tables that hold the same rows as the product's, column for column, with
 * the same keys, and nothing that watches over them: no triggers, no checks,
 * no foreign keys.
 */
export const FLOOR_SCHEMA = `
  CREATE TABLE origin (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project_uuid TEXT NOT NULL, repo_slug TEXT NOT NULL,
    checkout TEXT NOT NULL, UNIQUE (project_uuid, repo_slug, checkout));
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, revision INTEGER NOT NULL,
    event_type TEXT NOT NULL, origin_id INTEGER NOT NULL, source TEXT NOT NULL, event_time TEXT,
    occurred_at INTEGER, captured_at INTEGER NOT NULL, producer_user TEXT, producer_team TEXT,
    drain_blocked_reason TEXT, carries_id INTEGER NOT NULL, undeliverable TEXT,
    sha256 BLOB NOT NULL, size INTEGER NOT NULL, UNIQUE (event_id, revision));
  CREATE TABLE payload (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE live (
    origin_id INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (origin_id, seq)) WITHOUT ROWID;
  CREATE TABLE journal_count (
    origin_id INTEGER NOT NULL, class TEXT NOT NULL, events INTEGER NOT NULL,
    retained INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (origin_id, class)) WITHOUT ROWID;
  CREATE TABLE lane (
    target_id INTEGER NOT NULL, origin_id INTEGER NOT NULL, cursor INTEGER NOT NULL,
    PRIMARY KEY (target_id, origin_id)) WITHOUT ROWID;
  CREATE TABLE flight (
    target_id INTEGER PRIMARY KEY, claim_id TEXT NOT NULL, seqs TEXT NOT NULL,
    started_at INTEGER NOT NULL);
  CREATE TABLE delivery (
    target_id INTEGER NOT NULL, seq INTEGER NOT NULL, status TEXT NOT NULL,
    attempt_count INTEGER NOT NULL, rejection_count INTEGER NOT NULL, first_attempted_at INTEGER,
    last_attempted_at INTEGER, accepted_at INTEGER, completed_at INTEGER, next_attempt_at INTEGER,
    server_drain_state TEXT, last_http_status INTEGER, last_error TEXT, last_response_json TEXT,
    deployment_ref INTEGER, generation INTEGER NOT NULL,
    PRIMARY KEY (target_id, seq)) WITHOUT ROWID;
  CREATE TABLE ledger_count (
    target_id INTEGER NOT NULL, origin_id INTEGER NOT NULL, class TEXT NOT NULL,
    status TEXT NOT NULL, events INTEGER NOT NULL,
    PRIMARY KEY (target_id, origin_id, class, status)) WITHOUT ROWID;
  CREATE TABLE post (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target_id INTEGER NOT NULL, pass_no INTEGER NOT NULL,
    started_at INTEGER NOT NULL, duration_ms INTEGER NOT NULL, first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL, events INTEGER NOT NULL, outcomes TEXT NOT NULL,
    http_status INTEGER, bytes_sent INTEGER NOT NULL, error TEXT);
  CREATE INDEX ix_post_target ON post (target_id, id);`;
