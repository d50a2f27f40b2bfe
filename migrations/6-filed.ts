import type { MigrationInterface, QueryRunner } from 'typeorm';

export const FILED_TABLES: readonly string[] = [
  `CREATE TABLE "filed" (
    "id" integer PRIMARY KEY NOT NULL,
    "seq" integer NOT NULL,
    CONSTRAINT "ck_filed_one" CHECK (id = 1))`,
];

/** The only row: everything up to its number is filed. The empty journal's is made with the tables. */
export const FILED_ROW = `INSERT INTO filed (id, seq) SELECT 1, COALESCE(MAX(seq), 0) FROM event`;

const refuse = (message: string): string => `SELECT RAISE(ABORT, '${message}')`;

/** What is filed is in `live` or has a mark: to file it again would count it twice. */
export const FILED_TRIGGERS: readonly string[] = [
  `CREATE TRIGGER filed_no_replace BEFORE INSERT ON filed WHEN EXISTS (SELECT 1 FROM filed)
   BEGIN ${refuse('what is filed stays filed')}; END`,
  `CREATE TRIGGER filed_no_return BEFORE UPDATE ON filed
   WHEN NEW.id IS NOT OLD.id OR NEW.seq < OLD.seq OR NEW.seq > (SELECT MAX(seq) FROM event)
   BEGIN ${refuse('what is filed stays filed')}; END`,
  `CREATE TRIGGER filed_no_delete BEFORE DELETE ON filed
   BEGIN ${refuse('what is filed stays filed')}; END`,
];

const COUNTED = '"seq" integer PRIMARY KEY AUTOINCREMENT NOT NULL';
const PLAIN = '"seq" integer PRIMARY KEY NOT NULL';

/** The tables of earlier migrations as this one leaves them. */
export function withoutCounter(tables: readonly string[]): string[] {
  return tables.map((text) =>
    text.startsWith('CREATE TABLE "event"') ? text.replace(COUNTED, PLAIN) : text,
  );
}

/** What TypeORM's driver runs on, as far as it is needed here. */
interface Connection {
  /** Whether the texts of tables may be changed. */
  unsafeMode(isUnsafe: boolean): unknown;
  pragma(text: string, options: { readonly simple: true }): unknown;
}

/**
 * Changes the text of a table and nothing that is stored: SQLite gives the same
 * numbers without its own counter, as rows of `event` are never deleted. It is
 * the way that SQLite's page on ALTER TABLE describes for changes of this kind;
 * to copy a table of many million rows would take minutes and as much disk again.
 */
async function dropCounter(runner: QueryRunner): Promise<void> {
  const { databaseConnection: db } = runner.dataSource.driver as unknown as {
    readonly databaseConnection: Connection;
  };
  db.unsafeMode(true);
  try {
    await runner.query('PRAGMA writable_schema = ON');
    await runner.query(
      `UPDATE sqlite_schema SET sql = replace(sql, '${COUNTED}', '${PLAIN}')
       WHERE type = 'table' AND name = 'event'`,
    );
    const version = db.pragma('schema_version', { simple: true }) as number;
    await runner.query(`PRAGMA schema_version = ${version + 1}`);
  } finally {
    await runner.query('PRAGMA writable_schema = OFF');
    db.unsafeMode(false);
  }
  await runner.query("DELETE FROM sqlite_sequence WHERE name = 'event'");
  const [{ sql } = { sql: '' }]: { sql: string }[] = await runner.query(
    "SELECT sql FROM sqlite_schema WHERE name = 'event'",
  );
  if (!sql.includes(PLAIN)) throw new Error('the table "event" has another text than its own');
}

/** Events that are captured one by one are filed together; `event` without a counter beside it. `user_version` 6. */
export class Filed1764500000006 implements MigrationInterface {
  readonly name = 'Filed1764500000006';

  /** In one transaction, as TypeORM runs it. What it costs does not depend on the journal's length. */
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...FILED_TABLES, FILED_ROW, ...FILED_TRIGGERS])
      await runner.query(statement);
    await dropCounter(runner);
    await runner.query('PRAGMA user_version = 6');
  }

  async down(): Promise<void> {
    throw new Error('a journal is never taken back to an older schema: restore a backup instead');
  }
}
