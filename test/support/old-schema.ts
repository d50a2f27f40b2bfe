import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { TABLES, TRIGGERS } from '../../migrations/1-journal-and-ledger.js';
import { CAUSE_TABLES } from '../../migrations/2-causes.js';
import { MIGRATIONS, SCHEMA_TABLES } from '../../migrations/index.js';
import { configureConnection } from '../../src/sqlite/connection.js';
import { temporaryHome } from './temporary-home.js';

/** A home with an empty journal of the second schema, and a connection to it; the caller closes that. */
export function givenSecondSchema(home = temporaryHome()): {
  home: string;
  db: Database.Database;
} {
  const file = join(home, 'redrain', 'journal.db');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = new Database(file);
  configureConnection(db);
  for (const statement of [...TABLES, ...TRIGGERS, ...CAUSE_TABLES]) db.exec(statement);
  db.exec(`CREATE TABLE "migrations" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "timestamp" bigint NOT NULL, "name" varchar NOT NULL); PRAGMA user_version = 2`);
  for (const { name } of MIGRATIONS.slice(0, 2).map((Migration) => new Migration()))
    db.prepare('INSERT INTO migrations (timestamp, name) VALUES (?, ?)').run(name.slice(-13), name);
  return { home, db };
}

/** Drops every table that the first schema did not have. */
export function dropLaterTables(db: Database.Database): void {
  const first = new Set(tablesIn(TABLES));
  for (const name of tablesIn(SCHEMA_TABLES)) if (!first.has(name)) db.exec(`DROP TABLE "${name}"`);
}

const tablesIn = (statements: readonly string[]): string[] =>
  statements.flatMap((text) => /^CREATE TABLE "(\w+)"/.exec(text)?.[1] ?? []);
