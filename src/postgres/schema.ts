import { randomUUID } from 'node:crypto';
import { step } from '../base/steps.js';
import { NewerSchemaError } from '../files/storage-errors.js';
import type { Client } from './driver.js';
import type { Place } from './place.js';
import { CREATE_TABLES } from './schema/tables.js';
import { CREATE_TRIGGERS } from './schema/triggers.js';

interface SchemaMigration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** Schema migrations in order; frozen once shipped. The number of each is its place, from 1. */
const MIGRATIONS: readonly SchemaMigration[] = [
  { name: 'journal and ledger', statements: [...CREATE_TABLES, ...CREATE_TRIGGERS] },
];

/** The schema this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Milliseconds to wait for others that make the same tables. */
const SCHEMA_PATIENCE_MS = 30_000;

const HEAD_OF_NEW = 'INSERT INTO head (seq, schema, home) VALUES (0, 0, $1)';
const RECORD = 'INSERT INTO migrations (number, name, at) VALUES ($1, $2, $3)';
const SET_VERSION = 'UPDATE head SET schema = $1';

/** The schema number of the journal in this database; 0 where there is none. */
export async function schemaVersion(client: Client, place: Place): Promise<number> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS here', [
    `"${place.schema}".head`,
  ]);
  if (!(rows[0] as { here: boolean }).here) return 0;
  const found = await client.query<{ schema: number }>('SELECT schema FROM head');
  return found.rows[0]?.schema ?? 0;
}

/**
 * Brings the database up to the schema of this program, in one transaction. Several
 * processes that start at once take turns, and the later ones find it done.
 *
 * @throws NewerSchemaError, before any change.
 */
export async function ensureSchema(client: Client, place: Place): Promise<void> {
  if (isCurrent(await schemaVersion(client, place), place)) return;
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '${SCHEMA_PATIENCE_MS}ms'`);
    // The schema may not exist, and so has no number: its name stands for it.
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `redrain schema ${place.schema}`,
    ]);
    step('schema.locked');
    const found = await schemaVersion(client, place);
    if (!isCurrent(found, place)) await migrate(client, place, found);
    await client.query('COMMIT');
    step('schema.applied');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function isCurrent(found: number, place: Place): boolean {
  if (found > SCHEMA_VERSION) throw new NewerSchemaError(place.shown, found, SCHEMA_VERSION);
  return found === SCHEMA_VERSION;
}

async function migrate(client: Client, place: Place, found: number): Promise<void> {
  if (found === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS "${place.schema}"`);
  for (const [index, { name, statements }] of MIGRATIONS.entries()) {
    if (index < found) continue;
    for (const statement of statements) await client.query(statement);
    if (index === 0) await client.query(HEAD_OF_NEW, [randomUUID()]);
    await client.query(RECORD, [index + 1, name, Date.now()]);
    await client.query(SET_VERSION, [index + 1]);
  }
}
