import type { MigrationInterface, QueryRunner } from 'typeorm';

export const CAUSE_TABLES: readonly string[] = [
  `CREATE TABLE "cause" (
    "target_id" integer NOT NULL,
    "status" text NOT NULL,
    "text" text NOT NULL,
    "events" integer NOT NULL,
    CONSTRAINT "ck_cause_events" CHECK (events >= 0),
    PRIMARY KEY ("target_id", "status", "text")) WITHOUT ROWID`,
];

/**
 * What is not delivered already has its cause in a row of its own, and reading
 * them all would keep a large journal closed for long: their number comes from
 * the counters, under the empty text, "cause not recorded".
 */
const SEED = `
  INSERT INTO cause (target_id, status, text, events)
  SELECT target_id, status, '', SUM(events) FROM ledger_count
  WHERE class = 'live' AND status IN ('rejected', 'failed_transient', 'terminal_failed')
  GROUP BY 1, 2 HAVING SUM(events) > 0`;

/** Causes of what is not delivered, counted. `user_version` 2. */
export class Causes1764100000002 implements MigrationInterface {
  readonly name = 'Causes1764100000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...CAUSE_TABLES, SEED]) await runner.query(statement);
    await runner.query('PRAGMA user_version = 2');
  }

  async down(): Promise<void> {
    throw new Error('a journal is never taken back to an older schema: restore a backup instead');
  }
}
