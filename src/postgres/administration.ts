import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import type { Client } from './driver.js';
import { end } from './ending.js';
import { asStorageError, isForbidden } from './errors.js';
import { connectAsOwner } from './owner.js';
import { type Place, placeOf, StorageUrlError } from './place.js';
import { grantStatements, type Roles, rolesOf } from './schema/roles.js';
import {
  changingSchema,
  ensureSchema,
  haveRights,
  roleOf,
  type SchemaChange,
  schemaLock,
  schemaStatements,
  schemaVersion,
} from './schema.js';

/** Names of PostgreSQL are cut off behind so many bytes. */
const LONGEST_NAME = 63;

/** What `init` or `migrate` did. */
export interface StorageChange extends SchemaChange {
  /** The roles that have rights in the schema; null where none were made. */
  readonly roles: Roles | null;
  /** What gave them their rights, as the server was told; empty where nothing was given. */
  readonly grants: readonly string[];
}

/** The role of the storage URL may not make roles. */
export class RoleRightsError extends RedrainError {
  override readonly name = 'RoleRightsError';
  readonly code = 'STORAGE_ROLES_FORBIDDEN';
  override readonly exitCode = EXIT.badInput;
  constructor(shown: string, role: string, options?: ErrorOptions) {
    super(`${shown}: the role "${role}" may not make roles or give them rights`, {
      ...options,
      advice:
        'name the owner of the tables with CREATEROLE in the storage URL, or give a database administrator what `redrain storage init --roles --sql` prints',
    });
  }
}

/**
 * Makes the tables where there are none, and with `roles` the two roles that are held
 * to an append-only journal. What is there already stays as it is.
 *
 * @throws SchemaRightsError, RoleRightsError, NewerSchemaError, StorageUnavailableError,
 * ServerUnsuitableError, MissingDriverError, StorageUrlError.
 */
export function initStorage(url: string, withRoles: boolean): Promise<StorageChange> {
  const place = placeOf(url);
  const wanted = withRoles ? namedRoles(place) : undefined;
  return asOwner(place, async (client) => {
    const change = await ensureSchema(client, place);
    if (wanted === undefined)
      return { ...change, roles: await rolesThere(client, place), grants: [] };
    const grants = grantStatements(place.schema, wanted);
    await giveRights(client, place, grants);
    return { ...change, roles: wanted, grants };
  });
}

/**
 * Brings the tables up to the schema of this program; roles that were made get their part
 * of what is new. Makes none where there is no journal.
 *
 * @throws as `initStorage`.
 */
export function migrateStorage(
  url: string,
  migrations?: Parameters<typeof ensureSchema>[2],
): Promise<StorageChange | undefined> {
  const place = placeOf(url);
  return asOwner(place, async (client) => {
    if ((await schemaVersion(client, place)) === 0) return undefined;
    const change = await ensureSchema(client, place, migrations);
    return { ...change, roles: await rolesThere(client, place), grants: [] };
  });
}

/** What `init` would do, for somebody else to run. Connects to nothing. @throws StorageUrlError. */
export function initScript(url: string, withRoles: boolean): string {
  const place = placeOf(url);
  const grants = withRoles ? grantStatements(place.schema, namedRoles(place)) : [];
  return script(place, [...schemaStatements(0, place.schema), ...grants]);
}

/** What `migrate` would do, for somebody else to run; undefined where nothing is left to do. */
export function migrateScript(url: string): Promise<string | undefined> {
  const place = placeOf(url);
  return asOwner(place, async (client) => {
    const found = await schemaVersion(client, place);
    const statements = found === 0 ? [] : schemaStatements(found, place.schema);
    return statements.length === 0 ? undefined : script(place, statements);
  });
}

function script({ schema, shown }: Place, statements: readonly string[]): string {
  return [
    `-- The journal of redrain in the ${shown}.`,
    '-- Run it once, as the owner of the tables: psql -v ON_ERROR_STOP=1 -f FILE',
    ...[
      'BEGIN',
      schemaLock(schema),
      `SET LOCAL search_path = "${schema}", pg_temp`,
      ...statements,
      'COMMIT',
    ].map((statement) => `${statement};`),
  ].join('\n');
}

/** Names longer than the server keeps would be other roles. @throws StorageUrlError. */
function namedRoles({ schema }: Place): Roles {
  const roles = rolesOf(schema);
  if (Object.values(roles).every((name) => Buffer.byteLength(name) <= LONGEST_NAME)) return roles;
  throw new StorageUrlError(
    `the schema "${schema}" has too long a name to name roles after it: use 50 characters at most`,
  );
}

async function rolesThere(client: Client, { schema }: Place): Promise<Roles | null> {
  return (await haveRights(client, schema)) ? rolesOf(schema) : null;
}

async function giveRights(client: Client, place: Place, grants: readonly string[]): Promise<void> {
  try {
    await changingSchema(client, place, async () => {
      for (const statement of grants) await client.query(statement);
    });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new RoleRightsError(place.shown, await roleOf(client), { cause: error });
  }
}

async function asOwner<T>(place: Place, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectAsOwner(place);
  try {
    return await work(client);
  } catch (error) {
    throw asStorageError(place.shown, error);
  } finally {
    await end(client);
  }
}
