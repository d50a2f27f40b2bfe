import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables and indexes. TypeORM reads constraints back from this text: the last one must end in "))". */
export const TABLES: readonly string[] = [
  `CREATE TABLE "origin" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "project_uuid" text NOT NULL,
    "repo_slug" text NOT NULL,
    "checkout" text NOT NULL,
    CONSTRAINT "uq_origin" UNIQUE ("project_uuid", "repo_slug", "checkout"))`,
  `CREATE TABLE "event" (
    "seq" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "event_id" text NOT NULL,
    "revision" integer NOT NULL DEFAULT (1),
    "event_type" text NOT NULL,
    "origin_id" integer NOT NULL,
    "source" text NOT NULL,
    "event_time" text,
    "occurred_at" integer,
    "captured_at" integer NOT NULL,
    "producer_user" text,
    "producer_team" text,
    "drain_blocked_reason" text,
    "carries_id" integer NOT NULL,
    "undeliverable" text,
    "sha256" blob NOT NULL,
    "size" integer NOT NULL,
    CONSTRAINT "uq_event_revision" UNIQUE ("event_id", "revision"),
    CONSTRAINT "fk_event_origin" FOREIGN KEY ("origin_id") REFERENCES "origin" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE TABLE "payload" (
    "seq" integer PRIMARY KEY NOT NULL,
    "bytes" blob NOT NULL)`,
  `CREATE TABLE "live" (
    "origin_id" integer NOT NULL,
    "seq" integer NOT NULL,
    PRIMARY KEY ("origin_id", "seq")) WITHOUT ROWID`,
  `CREATE TABLE "mark" (
    "seq" integer PRIMARY KEY NOT NULL,
    "class" text NOT NULL,
    "other_seq" integer,
    "at" integer NOT NULL,
    CONSTRAINT "ck_mark_class" CHECK (class IN ('coalesced', 'replaced', 'archived', 'redacted', 'purged')))`,
  `CREATE TABLE "superseded" (
    "seq" integer PRIMARY KEY NOT NULL,
    "by_seq" integer NOT NULL)`,
  `CREATE TABLE "purge" (
    "seq" integer PRIMARY KEY NOT NULL,
    "kind" text NOT NULL,
    "at" integer NOT NULL,
    "canonical_sha256" blob NOT NULL,
    "detail" text,
    CONSTRAINT "ck_purge_kind" CHECK (kind IN ('gc', 'archive', 'redact')))`,
  `CREATE TABLE "redaction" (
    "event_id" text PRIMARY KEY NOT NULL,
    "at" integer NOT NULL,
    "reason" text NOT NULL)`,
  `CREATE TABLE "journal_count" (
    "origin_id" integer NOT NULL,
    "class" text NOT NULL,
    "events" integer NOT NULL,
    "retained" integer NOT NULL,
    "bytes" integer NOT NULL,
    PRIMARY KEY ("origin_id", "class")) WITHOUT ROWID`,
  `CREATE TABLE "spool_done" (
    "name" text PRIMARY KEY NOT NULL,
    "at" integer NOT NULL,
    "events" integer NOT NULL,
    "problems" text)`,
  `CREATE TABLE "conflict" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "event_id" text NOT NULL,
    "existing_seq" integer NOT NULL,
    "existing_sha256" blob NOT NULL,
    "incoming_sha256" blob NOT NULL,
    "incoming_bytes" blob NOT NULL,
    "incoming_type" text NOT NULL,
    "found_by" text NOT NULL,
    "source_digest" text,
    "found_at" integer NOT NULL,
    "resolved_at" integer,
    "kept" text,
    CONSTRAINT "uq_conflict" UNIQUE ("event_id", "incoming_sha256"),
    CONSTRAINT "ck_conflict_found_by" CHECK (found_by IN ('capture', 'spool', 'import')))`,
  `CREATE TABLE "audit" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "at" integer NOT NULL,
    "action" text NOT NULL,
    "event_id" text,
    "event_type" text,
    "family" text,
    "reason" text NOT NULL,
    "bytes" blob,
    "details" text)`,
  `CREATE TABLE "coalescing" (
    "key" text PRIMARY KEY NOT NULL,
    "seq" integer NOT NULL)`,
  `CREATE TABLE "discard_count" (
    "family" text PRIMARY KEY NOT NULL,
    "events" integer NOT NULL)`,
  `CREATE TABLE "target" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "url_hash" text NOT NULL,
    "team_slug" text NOT NULL,
    "user_email" text NOT NULL,
    "kind" text NOT NULL,
    "canonical_url" text NOT NULL,
    "raw_endpoint" text NOT NULL,
    "label" text,
    "settings" text NOT NULL,
    "created_at" integer NOT NULL,
    "retired_at" integer,
    "pass_no" integer NOT NULL DEFAULT (0),
    "lease_token" text,
    "lease_holder" text,
    "circuit_failures" integer NOT NULL DEFAULT (0),
    "circuit_open_until" integer,
    "resume_at" integer,
    "blocked_reason" text,
    "blocked_message" text,
    "deployment_ref" integer,
    "reset_signal" text,
    "silent_times" integer NOT NULL DEFAULT (0),
    "last_drained_at" integer,
    "delivery_rows" integer NOT NULL DEFAULT (0),
    CONSTRAINT "uq_target_identity" UNIQUE ("url_hash", "team_slug", "user_email"),
    CONSTRAINT "ck_target_kind" CHECK (kind IN ('teamspace', 'external', 'stub')))`,
  `CREATE TABLE "deployment" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "target_id" integer NOT NULL,
    "server_instance_id" text,
    "deployment_id" text,
    "environment_name" text,
    "git_sha" text,
    "first_seen_at" integer NOT NULL)`,
  `CREATE TABLE "delivery" (
    "target_id" integer NOT NULL,
    "seq" integer NOT NULL,
    "status" text NOT NULL,
    "attempt_count" integer NOT NULL,
    "rejection_count" integer NOT NULL,
    "first_attempted_at" integer,
    "last_attempted_at" integer,
    "accepted_at" integer,
    "completed_at" integer,
    "next_attempt_at" integer,
    "server_drain_state" text,
    "last_http_status" integer,
    "last_error" text,
    "last_response_json" text,
    "deployment_ref" integer,
    "generation" integer NOT NULL DEFAULT (1),
    CONSTRAINT "ck_delivery_done" CHECK (status NOT IN ('success', 'duplicate') OR completed_at IS NOT NULL),
    CONSTRAINT "ck_delivery_status" CHECK (status IN ('success', 'duplicate', 'pending', 'rejected', 'failed_transient', 'terminal_failed', 'withheld')),
    CONSTRAINT "fk_delivery_target" FOREIGN KEY ("target_id") REFERENCES "target" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "fk_delivery_event" FOREIGN KEY ("seq") REFERENCES "event" ("seq") ON DELETE NO ACTION ON UPDATE NO ACTION,
    PRIMARY KEY ("target_id", "seq")) WITHOUT ROWID`,
  `CREATE TABLE "delivery_history" (
    "target_id" integer NOT NULL,
    "seq" integer NOT NULL,
    "status" text NOT NULL,
    "attempt_count" integer NOT NULL,
    "rejection_count" integer NOT NULL,
    "first_attempted_at" integer,
    "last_attempted_at" integer,
    "accepted_at" integer,
    "completed_at" integer,
    "next_attempt_at" integer,
    "server_drain_state" text,
    "last_http_status" integer,
    "last_error" text,
    "last_response_json" text,
    "deployment_ref" integer,
    "generation" integer NOT NULL,
    PRIMARY KEY ("target_id", "seq", "generation")) WITHOUT ROWID`,
  `CREATE TABLE "lane" (
    "target_id" integer NOT NULL,
    "origin_id" integer NOT NULL,
    "cursor" integer NOT NULL,
    CONSTRAINT "fk_lane_target" FOREIGN KEY ("target_id") REFERENCES "target" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    PRIMARY KEY ("target_id", "origin_id")) WITHOUT ROWID`,
  `CREATE TABLE "todo" (
    "target_id" integer NOT NULL,
    "seq" integer NOT NULL,
    "origin_id" integer NOT NULL,
    "due_at" integer NOT NULL,
    "pass_no" integer NOT NULL,
    "company" text NOT NULL,
    "replay" integer NOT NULL,
    CONSTRAINT "ck_todo_company" CHECK (company IN ('any', 'suspect', 'alone')),
    PRIMARY KEY ("target_id", "seq")) WITHOUT ROWID`,
  `CREATE TABLE "flight" (
    "target_id" integer PRIMARY KEY NOT NULL,
    "claim_id" text NOT NULL,
    "seqs" text NOT NULL,
    "started_at" integer NOT NULL,
    CONSTRAINT "fk_flight_target" FOREIGN KEY ("target_id") REFERENCES "target" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE TABLE "post" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "target_id" integer NOT NULL,
    "pass_no" integer NOT NULL,
    "started_at" integer NOT NULL,
    "duration_ms" integer NOT NULL,
    "first_seq" integer NOT NULL,
    "last_seq" integer NOT NULL,
    "events" integer NOT NULL,
    "outcomes" text NOT NULL,
    "http_status" integer,
    "bytes_sent" integer NOT NULL,
    "error" text)`,
  `CREATE TABLE "ledger_count" (
    "target_id" integer NOT NULL,
    "origin_id" integer NOT NULL,
    "class" text NOT NULL,
    "status" text NOT NULL,
    "events" integer NOT NULL,
    PRIMARY KEY ("target_id", "origin_id", "class", "status")) WITHOUT ROWID`,
  `CREATE TABLE "import_source" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "path" text NOT NULL,
    "digest" text,
    "fingerprint" text NOT NULL,
    "imported_at" integer NOT NULL,
    "events" integer NOT NULL,
    "body_uploads" integer,
    "failure_log" integer,
    "damage" text,
    "attribution" text,
    "renamed_to" text,
    CONSTRAINT "uq_import_source" UNIQUE ("path"))`,
  `CREATE TABLE "imported_row" (
    "source_id" integer NOT NULL,
    "row_id" integer NOT NULL,
    "version" integer NOT NULL,
    "seq" integer NOT NULL,
    "conflict_id" integer,
    "sha256" blob NOT NULL,
    "enqueued_at" integer,
    "retry_count" integer,
    "note" text,
    CONSTRAINT "fk_imported_row_source" FOREIGN KEY ("source_id") REFERENCES "import_source" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    PRIMARY KEY ("source_id", "row_id", "version")) WITHOUT ROWID`,
  `CREATE INDEX "ix_conflict_open" ON "conflict" ("id") WHERE resolved_at IS NULL`,
  `CREATE INDEX "ix_imported_row_seq" ON "imported_row" ("seq")`,
  `CREATE INDEX "ix_delivery_withheld" ON "delivery" ("target_id", "seq") WHERE status = 'withheld'`,
  `CREATE INDEX "ix_post_target" ON "post" ("target_id", "id")`,
  `CREATE INDEX "ix_todo_pass" ON "todo" ("target_id", "origin_id", "company", "pass_no", "seq")`,
  `CREATE INDEX "ix_todo_due" ON "todo" ("target_id", "origin_id", "company", "due_at", "seq")`,
  `CREATE INDEX "ix_deployment_target" ON "deployment" ("target_id", "id")`,
  `CREATE INDEX "ix_todo_replay" ON "todo" ("target_id", "origin_id") WHERE replay = 1`,
  `CREATE INDEX "ix_delivery_terminal" ON "delivery" ("completed_at") WHERE status = 'terminal_failed'`,
];

const refuse = (message: string): string => `SELECT RAISE(ABORT, '${message}')`;

/** What the database itself refuses, from any connection. */
export const TRIGGERS: readonly string[] = [
  // REPLACE deletes the old row without firing DELETE triggers: it is stopped
  // before the insert instead.
  `CREATE TRIGGER event_no_replace BEFORE INSERT ON event
   WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq)
     OR EXISTS (SELECT 1 FROM event WHERE event_id = NEW.event_id AND revision = NEW.revision)
   BEGIN ${refuse('journal rows are immutable: this event exists')}; END`,
  `CREATE TRIGGER event_no_update BEFORE UPDATE ON event
   BEGIN ${refuse('journal rows are immutable')}; END`,
  `CREATE TRIGGER event_no_delete BEFORE DELETE ON event
   BEGIN ${refuse('journal rows are immutable')}; END`,
  // A first insert costs three key lookups; the digest is computed only for
  // bytes that come back. A program without redrain_sha256 cannot prepare any
  // insert here.
  `CREATE TRIGGER payload_no_forgery BEFORE INSERT ON payload
   WHEN EXISTS (SELECT 1 FROM payload WHERE seq = NEW.seq)
     OR EXISTS (SELECT 1 FROM purge WHERE seq = NEW.seq)
     OR length(NEW.bytes) IS NOT (SELECT size FROM event WHERE seq = NEW.seq)
   BEGIN SELECT CASE
     WHEN EXISTS (SELECT 1 FROM payload WHERE seq = NEW.seq)
       THEN RAISE(ABORT, 'payload bytes are immutable: they exist')
     WHEN (SELECT kind FROM purge WHERE seq = NEW.seq) = 'redact'
       THEN RAISE(ABORT, 'a redacted payload cannot come back')
     WHEN redrain_sha256(NEW.bytes) IS NOT (SELECT sha256 FROM event WHERE seq = NEW.seq)
       THEN RAISE(ABORT, 'payload bytes do not match the digest of their event')
   END; END`,
  `CREATE TRIGGER payload_no_update BEFORE UPDATE ON payload
   BEGIN ${refuse('payload bytes are immutable')}; END`,
  `CREATE TRIGGER payload_no_delete BEFORE DELETE ON payload
   WHEN NOT EXISTS (SELECT 1 FROM purge WHERE seq = OLD.seq)
   BEGIN ${refuse('payload bytes leave only behind a purge record')}; END`,
  `CREATE TRIGGER purge_no_replace BEFORE INSERT ON purge
   WHEN EXISTS (SELECT 1 FROM purge WHERE seq = NEW.seq)
   BEGIN ${refuse('purge records are immutable: this one exists')}; END`,
  // One way only: what was purged or archived may still have to be forgotten.
  `CREATE TRIGGER purge_no_update BEFORE UPDATE ON purge
   WHEN NEW.kind <> 'redact' OR OLD.kind = 'redact' OR NEW.seq IS NOT OLD.seq
     OR NEW.canonical_sha256 IS NOT OLD.canonical_sha256
     OR EXISTS (SELECT 1 FROM payload WHERE seq = OLD.seq)
   BEGIN ${refuse('purge records are immutable')}; END`,
  `CREATE TRIGGER purge_no_delete BEFORE DELETE ON purge
   WHEN NOT EXISTS (SELECT 1 FROM payload WHERE seq = OLD.seq)
   BEGIN ${refuse('a purge record stays until its payload is restored')}; END`,
  `CREATE TRIGGER conflict_no_replace BEFORE INSERT ON conflict
   WHEN EXISTS (SELECT 1 FROM conflict WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM conflict WHERE event_id = NEW.event_id AND incoming_sha256 = NEW.incoming_sha256)
   BEGIN ${refuse('conflict records are kept: this one exists')}; END`,
  `CREATE TRIGGER conflict_keeps_bytes
   BEFORE UPDATE OF id, event_id, existing_seq, existing_sha256, incoming_sha256, incoming_bytes, incoming_type ON conflict
   WHEN length(NEW.incoming_bytes) > 0
     OR NOT EXISTS (SELECT 1 FROM redaction WHERE event_id = OLD.event_id)
     OR NEW.id IS NOT OLD.id OR NEW.event_id IS NOT OLD.event_id
     OR NEW.existing_seq IS NOT OLD.existing_seq OR NEW.existing_sha256 IS NOT OLD.existing_sha256
     OR NEW.incoming_sha256 IS NOT OLD.incoming_sha256 OR NEW.incoming_type IS NOT OLD.incoming_type
   BEGIN ${refuse('the payloads of a conflict are immutable')}; END`,
  `CREATE TRIGGER conflict_no_delete BEFORE DELETE ON conflict
   BEGIN ${refuse('conflict records are kept')}; END`,
  `CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
   WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
   BEGIN ${refuse('audit entries are immutable')}; END`,
  `CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
   WHEN NEW.bytes IS NOT NULL OR NEW.details IS NOT NULL
     OR NOT EXISTS (SELECT 1 FROM redaction WHERE event_id = OLD.event_id)
     OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.action IS NOT OLD.action
     OR NEW.event_id IS NOT OLD.event_id OR NEW.event_type IS NOT OLD.event_type
     OR NEW.family IS NOT OLD.family OR NEW.reason IS NOT OLD.reason
   BEGIN ${refuse('audit entries are immutable')}; END`,
  `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
   BEGIN ${refuse('audit entries are kept')}; END`,
  `CREATE TRIGGER redaction_no_replace BEFORE INSERT ON redaction
   WHEN EXISTS (SELECT 1 FROM redaction WHERE event_id = NEW.event_id)
   BEGIN ${refuse('redaction records are immutable: this one exists')}; END`,
  `CREATE TRIGGER redaction_no_update BEFORE UPDATE ON redaction
   BEGIN ${refuse('redaction records are immutable')}; END`,
  `CREATE TRIGGER redaction_no_delete BEFORE DELETE ON redaction
   BEGIN ${refuse('redaction records are kept')}; END`,
];

/** The first schema: journal, targets, ledger. `user_version` 1. */
export class JournalAndLedger1763800000001 implements MigrationInterface {
  readonly name = 'JournalAndLedger1763800000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...TRIGGERS]) await runner.query(statement);
    await runner.query('PRAGMA user_version = 1');
  }

  async down(): Promise<void> {
    throw new Error('a journal is never taken back to an older schema: restore a backup instead');
  }
}
