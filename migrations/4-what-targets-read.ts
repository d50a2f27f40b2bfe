import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TABLES } from './1-journal-and-ledger.js';
import { amended, TYPE_TABLES } from './3-origins-by-type.js';

const KINDS = "('teamspace', 'external', 'stub')";
const CONSTRAINTS = ',\n    CONSTRAINT';

/** The tables of earlier migrations as this one leaves them. */
export function withGzip(tables: readonly string[]): string[] {
  return tables.map((text) =>
    text.startsWith('CREATE TABLE "target"')
      ? text
          .replace(KINDS, "('teamspace', 'external', 'stub', 'module')")
          .replace(CONSTRAINTS, `, "reads_gzip" integer${CONSTRAINTS}`)
      : text,
  );
}

/** A table's constraints cannot be changed where it is. */
function rebuildTarget(columns: string): string[] {
  const texts = withGzip(amended(TABLES)).concat(TYPE_TABLES);
  const table = texts.find((text) => text.startsWith('CREATE TABLE "target"')) ?? '';
  return [
    table.replace('"target"', '"target_with_gzip"'),
    `INSERT INTO target_with_gzip (${columns}) SELECT ${columns} FROM target ORDER BY id`,
    'DROP TABLE target',
    'ALTER TABLE target_with_gzip RENAME TO target',
    ...texts.filter((text) => / ON "target" /.test(text)),
  ];
}

/** Whether a target reads gzip; targets that are modules. `user_version` 4. */
export class WhatTargetsRead1764300000004 implements MigrationInterface {
  readonly name = 'WhatTargetsRead1764300000004';

  /** In one transaction, with foreign keys off, as TypeORM runs it; they are checked afterwards. */
  async up(runner: QueryRunner): Promise<void> {
    const known: { name: string }[] = await runner.query('PRAGMA table_info("target")');
    const columns = known.map(({ name }) => `"${name}"`).join(', ');
    for (const statement of rebuildTarget(columns)) await runner.query(statement);
    await runner.query('PRAGMA user_version = 4');
  }

  async down(): Promise<void> {
    throw new Error('a journal is never taken back to an older schema: restore a backup instead');
  }
}
