import { SCHEMA_TABLES, SCHEMA_TRIGGERS } from '../../../migrations/index.js';
import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './verification.sql.js';

interface StoredTrigger {
  readonly name: string;
  readonly tableName: string;
  readonly sql: string;
}

/** Every table and index is there and says what the schema migration wrote. */
export function checkTables(db: JournalDatabase): Finding {
  const findings = new Findings('tables');
  const stored = db.statement(sql.STORED_TABLES).all() as Pick<StoredTrigger, 'name' | 'sql'>[];
  const found = new Map(stored.map((one) => [one.name, one.sql]));
  for (const text of SCHEMA_TABLES) {
    const [, kind, name = ''] = /^CREATE (TABLE|(?:UNIQUE )?INDEX) "(\w+)"/.exec(text) ?? [];
    const says = found.get(name);
    const what = `${kind?.toLowerCase()} ${name}`;
    if (says === undefined) findings.problem(`${what} is missing`);
    else if (normal(says) !== normal(text)) findings.problem(`${what} was changed`);
  }
  return findings.finding;
}

/** Every trigger is there, says what the schema migration wrote, and no other one is. */
export function checkTriggers(db: JournalDatabase): Finding {
  const findings = new Findings('triggers');
  const stored = db.statement(sql.STORED_TRIGGERS).all() as StoredTrigger[];
  const unknown = new Map(stored.map((trigger) => [trigger.name, trigger]));
  for (const text of SCHEMA_TRIGGERS) {
    const name = /^CREATE TRIGGER (\w+)/.exec(text)?.[1] ?? text;
    const found = unknown.get(name);
    unknown.delete(name);
    if (found === undefined) findings.problem(`trigger ${name} is missing`);
    else if (normal(found.sql) !== normal(text)) findings.problem(`trigger ${name} was changed`);
  }
  for (const { name, tableName } of unknown.values())
    findings.problem(`trigger ${name} on ${tableName} is not one of redrain's`);
  return findings.finding;
}

function normal(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** No row refers to one that does not exist. */
export function checkReferences(db: JournalDatabase): Finding {
  const findings = new Findings('foreign keys');
  db.read((raw) => {
    for (const row of raw.prepare('PRAGMA foreign_key_check').iterate() as Iterable<{
      table: string;
      rowid: number | null;
      parent: string;
    }>)
      findings.problem(`${row.table} ${row.rowid ?? ''}: its ${row.parent} does not exist`);
    for (const row of raw.prepare(sql.STRAYS).iterate() as Iterable<{ name: string; seq: number }>)
      findings.problem(`${row.name} ${row.seq}: its event does not exist`);
  });
  return findings.finding;
}

/** What SQLite itself says of its file. */
export function checkIntegrity(db: JournalDatabase): Finding {
  const findings = new Findings('integrity');
  db.read((raw) => {
    for (const row of raw.prepare('PRAGMA integrity_check(100)').iterate() as Iterable<{
      integrity_check: string;
    }>)
      if (row.integrity_check !== 'ok') findings.problem(row.integrity_check);
  });
  return findings.finding;
}
