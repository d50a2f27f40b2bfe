import type { MigrationInterface, QueryRunner } from 'typeorm';

export const EDGE_TABLES: readonly string[] = [
  `CREATE TABLE "edge" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "home" text NOT NULL,
    "name" text,
    "host" text NOT NULL,
    "instance" text NOT NULL,
    "stream" text NOT NULL,
    "request" text NOT NULL,
    "high" integer NOT NULL,
    "complete" integer NOT NULL,
    "received" integer NOT NULL,
    "excluded" integer NOT NULL,
    "lag_ms" integer,
    "clock_ms" integer NOT NULL,
    "first_seen_at" integer NOT NULL,
    "last_seen_at" integer NOT NULL,
    CONSTRAINT "uq_edge_home" UNIQUE ("home"),
    CONSTRAINT "ck_edge_numbers" CHECK (complete <= high AND received >= 0 AND excluded >= 0))`,
  `CREATE TABLE "edge_range" (
    "edge_id" integer NOT NULL,
    "first" integer NOT NULL,
    "last" integer NOT NULL,
    "seq" integer,
    CONSTRAINT "ck_edge_range" CHECK (first <= last),
    PRIMARY KEY ("edge_id", "first")) WITHOUT ROWID`,
  `CREATE INDEX "ix_edge_range_seq" ON "edge_range" ("seq")`,
  `CREATE TABLE "edge_instance" (
    "edge_id" integer NOT NULL,
    "instance" text NOT NULL,
    "host" text NOT NULL,
    "first_seen_at" integer NOT NULL,
    "last_seen_at" integer NOT NULL,
    PRIMARY KEY ("edge_id", "instance")) WITHOUT ROWID`,
  `CREATE TABLE "edge_fault" (
    "edge_id" integer NOT NULL,
    "kind" text NOT NULL,
    "number" integer NOT NULL,
    "times" integer NOT NULL,
    "first_found_at" integer NOT NULL,
    "last_found_at" integer NOT NULL,
    CONSTRAINT "ck_edge_fault_kind" CHECK (kind IN ('restored', 'diverged', 'cloned')),
    PRIMARY KEY ("edge_id", "kind")) WITHOUT ROWID`,
  `CREATE TABLE "edge_conflict" (
    "conflict_id" integer NOT NULL,
    "edge_id" integer NOT NULL,
    "number" integer NOT NULL,
    PRIMARY KEY ("conflict_id", "edge_id", "number")) WITHOUT ROWID`,
  `CREATE TABLE "edge_token" (
    "sha256" text NOT NULL,
    "home" text NOT NULL,
    PRIMARY KEY ("sha256")) WITHOUT ROWID`,
];

/** Homes that send to this one, and what of their numbers is here. `user_version` 5. */
export class Edges1764400000005 implements MigrationInterface {
  readonly name = 'Edges1764400000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of EDGE_TABLES) await runner.query(statement);
    await runner.query('PRAGMA user_version = 5');
  }

  async down(): Promise<void> {
    throw new Error('a journal is never taken back to an older schema: restore a backup instead');
  }
}
