import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { step } from '../base/steps.js';
import { JournalArrivingError, NewerSchemaError } from '../files/storage-errors.js';
import type { Client } from './driver.js';
import { isForbidden } from './errors.js';
import type { Place } from './place.js';
import { rolesOf, tableGrants } from './schema/roles.js';
import { CREATE_TABLES } from './schema/tables.js';
import { CREATE_TRIGGERS } from './schema/triggers.js';

/** One step of the schema; for tests there may be more than those of this program. */
export interface SchemaMigration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** Schema migrations in order; frozen once shipped. The number of each is its place, from 1. */
export const MIGRATIONS: readonly SchemaMigration[] = [
  { name: 'journal and ledger', statements: [...CREATE_TABLES, ...CREATE_TRIGGERS] },
];

/** The schema this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Added to the schema number of a journal that is being filled (src/postgres/transfer): every
 * transaction of every process reads the number.
 */
export const BEING_FILLED = 1_000_000_000;

/** Milliseconds to wait for others that make the same tables. */
const SCHEMA_PATIENCE_MS = 30_000;

const HEAD_OF_NEW = 'INSERT INTO head (seq, schema, home) VALUES (0, 0, gen_random_uuid()::text)';
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** The tables are missing or of an earlier schema, and the role of the storage URL may not make them. */
export class SchemaRightsError extends RedrainError {
  override readonly name = 'SchemaRightsError';
  readonly code = 'STORAGE_NOT_READY';
  override readonly exitCode = EXIT.badInput;
  constructor(shown: string, found: number, role: string, options?: ErrorOptions) {
    const [message, advice] =
      found === 0
        ? [
            `${shown}: there is no journal yet, and the role "${role}" may not make one`,
            'run `redrain storage init` as the owner of the database',
          ]
        : [
            `${shown}: the journal has schema ${found}, this program needs ${SCHEMA_VERSION}, and the role "${role}" may not change tables`,
            'run `redrain storage migrate` as their owner',
          ];
    super(message, { ...options, advice });
  }
}

/** The schema number of the journal in this database; 0 where there is none. */
export async function schemaVersion(client: Client, place: Place): Promise<number> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS here', [
    `"${place.schema}".head`,
  ]);
  if (!(rows[0] as { here: boolean }).here) return 0;
  const found = await client.query<{ schema: number }>('SELECT schema FROM head');
  return found.rows[0]?.schema ?? 0;
}

/** What a look at the schema found, and what became of it. */
export interface SchemaChange {
  readonly before: number;
  readonly after: number;
}

/**
 * Brings the database up to the schema of this program, in one transaction. Several
 * processes that start at once take turns, and the later ones find it done; one that
 * is killed has changed nothing.
 *
 * @throws NewerSchemaError, before any change; SchemaRightsError.
 */
export async function ensureSchema(
  client: Client,
  place: Place,
  migrations = MIGRATIONS,
): Promise<SchemaChange> {
  const known = migrations.length;
  const before = await schemaVersion(client, place);
  if (isCurrent(before, place, known)) return { before, after: known };
  try {
    return await changingSchema(client, place, async () => {
      const found = await schemaVersion(client, place);
      if (isCurrent(found, place, known)) return { before: found, after: known };
      for (const statement of schemaStatements(found, place.schema, migrations))
        await client.query(statement);
      if (found > 0) await grantWhatIsNew(client, place);
      return { before: found, after: known };
    });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new SchemaRightsError(place.shown, before, await roleOf(client), { cause: error });
  }
}

/** Runs work on the tables in one transaction, one process at a time. */
export async function changingSchema<T>(
  client: Client,
  place: Place,
  work: () => Promise<T>,
): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '${SCHEMA_PATIENCE_MS}ms'`);
    await client.query(schemaLock(place.schema));
    step('schema.locked');
    const result = await work();
    await client.query('COMMIT');
    step('schema.applied');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The schema may not exist, and so has no number: its name stands for it. */
export const schemaLock = (schema: string): string =>
  `SELECT pg_advisory_xact_lock(hashtextextended('redrain schema ${schema}', 0))`;

/** What brings a database from the schema `found` to the last one, in order, for one transaction. */
export function schemaStatements(found: number, schema: string, migrations = MIGRATIONS): string[] {
  return [
    ...(found === 0 ? [`CREATE SCHEMA IF NOT EXISTS "${schema}"`] : []),
    ...migrations.flatMap(({ name, statements }, index) =>
      index < found
        ? []
        : [
            ...statements,
            ...(index === 0 ? [HEAD_OF_NEW] : []),
            `INSERT INTO migrations (number, name, at) VALUES (${index + 1}, '${name}', ${NOW})`,
            `UPDATE head SET schema = ${index + 1}`,
          ],
    ),
  ];
}

function isCurrent(found: number, { shown }: Place, known: number): boolean {
  assertKnownSchema(found, shown, known);
  return found === known;
}

/** @throws NewerSchemaError, or JournalArrivingError where the journal is not complete yet. */
export function assertKnownSchema(found: number, shown: string, known = SCHEMA_VERSION): void {
  if (found >= BEING_FILLED) throw new JournalArrivingError(shown);
  if (found > known) throw new NewerSchemaError(shown, found, known);
}

/** The role that the connection works as. */
export async function roleOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  return rows[0]?.role ?? '?';
}

/** Roles that were made for the tables get their part of new ones, or the next capture would fail. */
async function grantWhatIsNew(client: Client, { schema }: Place): Promise<void> {
  const roles = rolesOf(schema);
  if (!(await haveRights(client, schema))) return;
  for (const statement of tableGrants(schema, roles)) await client.query(statement);
}

/** Whether the roles of a schema were made, and given rights in it. */
export async function haveRights(client: Client, schema: string): Promise<boolean> {
  const { application, gc } = rolesOf(schema);
  const { rows } = await client.query<{ usable: number }>(
    `SELECT count(*)::int AS usable FROM pg_roles
     WHERE rolname = ANY ($1) AND has_schema_privilege(oid, $2, 'USAGE')`,
    [[application, gc], schema],
  );
  return rows[0]?.usable === 2;
}
