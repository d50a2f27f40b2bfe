import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { CREATE_TABLES } from '../schema/tables.js';
import { GUARDED } from '../schema/triggers.js';
import * as sql from './verification.sql.js';

interface StoredColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** Of its table. */
  readonly isDurable: boolean;
}

interface StoredTrigger {
  readonly name: string;
  readonly table: string;
  readonly enabled: string;
  readonly type: number;
  readonly function: string;
  readonly source: string;
  readonly isUnconditional: boolean;
  /** Its function is of this schema, and looks names up where it was made to. */
  readonly isAsMade: boolean;
}

/** Every table, column, constraint and index is there and holds. */
export async function checkTables(db: JournalDatabase): Promise<Finding> {
  const findings = new Findings('tables');
  const columns = await db.all<StoredColumn>(sql.STORED_COLUMNS);
  const constraints = await db.all<{ name: string; holds: boolean }>(sql.STORED_CONSTRAINTS);
  const holds = new Map(constraints.map((one) => [one.name, one.holds]));
  for (const text of CREATE_TABLES) {
    const table = /^CREATE TABLE (\w+)/.exec(text)?.[1];
    if (table !== undefined) checkColumns(table, text, columns, findings);
    for (const name of namesIn(text))
      if (!holds.has(name)) findings.problem(`${name} is missing`);
      else if (holds.get(name) === false) findings.problem(`${name} does not hold for every row`);
  }
  return findings.finding;
}

/** The constraints and the index that a statement makes under a name of ours. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/CONSTRAINT (\w+)|^CREATE (?:UNIQUE )?INDEX (\w+)/g)].map(
    ([, constraint, index]) => constraint ?? index ?? '',
  );

function checkColumns(
  table: string,
  text: string,
  stored: readonly StoredColumn[],
  findings: Findings,
): void {
  const found = new Map(
    stored.filter((column) => column.table === table).map((column) => [column.name, column]),
  );
  if (found.size === 0) {
    findings.problem(`table ${table} is missing`);
    return;
  }
  if ([...found.values()].some(({ isDurable }) => !isDurable))
    findings.problem(`table ${table} is not in the log of the server: a crash empties it`);
  for (const [, name = '', type, rest = ''] of text.matchAll(/^\s+"(\w+)" (\w+)(.*)$/gm)) {
    const column = found.get(name);
    const isRequired = /NOT NULL|PRIMARY KEY|GENERATED/.test(rest);
    if (column === undefined) findings.problem(`column ${name} of ${table} is missing`);
    else if (column.type !== type || (isRequired && !column.isRequired))
      findings.problem(`column ${name} of ${table} was changed`);
  }
}

const STATES: Readonly<Record<string, string>> = {
  D: 'is disabled',
  O: 'is not ENABLE ALWAYS: a session in replica mode is not refused',
  R: 'fires in replica mode only',
};

/** Every trigger stands, always fires, does what the schema says, and nothing else is there. */
export async function checkTriggers(db: JournalDatabase): Promise<Finding> {
  const findings = new Findings('triggers');
  const stored = await db.all<StoredTrigger>(sql.STORED_TRIGGERS);
  const unknown = new Map(stored.map((trigger) => [`${trigger.table} ${trigger.name}`, trigger]));
  for (const guard of GUARDED) {
    const key = `${guard.table} ${guard.name}`;
    const found = unknown.get(key);
    unknown.delete(key);
    const isSame =
      found?.function === guard.name &&
      found.type === guard.type &&
      found.source === guard.source &&
      found.isUnconditional &&
      found.isAsMade;
    const who = `trigger ${guard.name} on ${guard.table}`;
    if (found === undefined) findings.problem(`${who} is missing`);
    else if (found.enabled !== 'A')
      findings.problem(`${who} ${STATES[found.enabled] ?? found.enabled}`);
    else if (!isSame) findings.problem(`${who} was changed`);
  }
  for (const { name, table } of unknown.values())
    findings.problem(`trigger ${name} on ${table} is not one of redrain's`);
  for (const { name, table } of await db.all<{ name: string; table: string }>(sql.REWRITES))
    findings.problem(`${name} on ${table} is not one of redrain's`);
  return findings.finding;
}

/** No row names one that does not exist. */
export async function checkReferences(db: JournalDatabase): Promise<Finding> {
  const findings = new Findings('foreign keys');
  const rows = await db.all<{ name: string; seq: number; parent: string }>(sql.STRAYS);
  for (const { name, seq, parent } of rows)
    findings.problem(`${name} ${seq}: its ${parent} does not exist`);
  return findings.finding;
}

/** What of the server's settings keeps less than a journal promises: nothing that a query could repair. */
export async function checkSettings(db: JournalDatabase): Promise<Finding> {
  const findings = new Findings('settings');
  for (const { name, setting } of await db.all<{ name: string; setting: string }>(sql.SETTINGS))
    if (setting !== 'on')
      findings.note(
        `the server runs with ${name} = ${setting}: a crash of its machine can lose or damage what it had confirmed`,
      );
  return findings.finding;
}
