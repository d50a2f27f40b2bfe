import { type ConnectionOptions, connect } from './connection.js';
import { type Client, loadDriver } from './driver.js';
import { asStorageError } from './errors.js';
import { type Place, placeOf } from './place.js';
import { end } from './readers.js';
import { GUARDED } from './schema/triggers.js';
import { SCHEMA_VERSION, schemaVersion } from './schema.js';

/** One thing that was looked at. */
export interface StorageFinding {
  readonly name: 'schema' | 'pooler' | 'settings' | 'triggers' | 'privileges';
  /** `problem`: events can be lost or changed unnoticed; `warning`: it works, and could be safer. */
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
}

const OPTIONS: ConnectionOptions = {
  role: 'reader',
  lockTimeoutMs: 10_000,
  statementTimeoutMs: 30_000,
};

/**
 * Looks at a journal on PostgreSQL, changes nothing, and says what its promises rest
 * on: with the role that the URL names. Where there is no journal, that is all it says.
 *
 * @throws StorageUnavailableError, ServerUnsuitableError, MissingDriverError, StorageUrlError.
 */
export async function checkStorage(url: string): Promise<StorageFinding[]> {
  const place = placeOf(url);
  const driver = await loadDriver();
  const client = await connect(driver, place, OPTIONS);
  try {
    const other = await connect(driver, place, OPTIONS);
    const pooler = await poolerBetween(client, other).finally(() => end(other));
    const found = await schemaVersion(client, place);
    const schema = schemaFinding(found, place);
    const settings = settingsFinding(await settingsOf(client));
    if (found === 0) return [pooler, settings, schema];
    return [pooler, settings, schema, await triggers(client, place), await rights(client, place)];
  } catch (error) {
    throw asStorageError(place.shown, error);
  } finally {
    await end(client);
  }
}

const PID = 'SELECT pg_backend_pid() AS pid';

/**
 * Two connections that are one at the server: a pooler lends it for a transaction at
 * a time. Settings of a session, prepared statements and LISTEN do not stay with us.
 */
export async function poolerBetween(
  one: Pick<Client, 'query'>,
  other: Pick<Client, 'query'>,
): Promise<StorageFinding> {
  const first = await one.query<{ pid: number }>(PID);
  await other.query('BEGIN');
  const second = await other.query<{ pid: number }>(PID);
  await other.query('COMMIT');
  return first.rows[0]?.pid === second.rows[0]?.pid
    ? {
        name: 'pooler',
        state: 'problem',
        message:
          'a pooler between lends connections for one transaction; name the server itself, or pool by session',
      }
    : { name: 'pooler', state: 'ok', message: 'connections are our own' };
}

function schemaFinding(found: number, { schema }: Place): StorageFinding {
  const name = 'schema';
  if (found === SCHEMA_VERSION) return { name, state: 'ok', message: `schema ${found}` };
  const message =
    found === 0
      ? `there is no journal in the schema "${schema}"`
      : `the journal has schema ${found}, and this program ${SCHEMA_VERSION}`;
  return { name, state: 'problem', message };
}

/** As far as a session cannot set them for itself. */
export interface ServerSettings {
  readonly fsync: string;
  readonly pages: string;
}

async function settingsOf(client: Client): Promise<ServerSettings> {
  const { rows } = await client.query<ServerSettings>(
    `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages`,
  );
  return rows[0] ?? { fsync: 'unknown', pages: 'unknown' };
}

/** What a server says of itself; `synchronous_commit` was set and read back when it was connected. */
export function settingsFinding({ fsync, pages }: ServerSettings): StorageFinding {
  const wrong = [
    ...(fsync === 'on' ? [] : [`fsync is ${fsync}`]),
    ...(pages === 'on' ? [] : [`full_page_writes is ${pages}`]),
  ];
  return wrong.length === 0
    ? { name: 'settings', state: 'ok', message: 'commits are on disk before they are answered' }
    : {
        name: 'settings',
        state: 'problem',
        message: `${wrong.join(' and ')}: a crash of the server can lose what was answered`,
      };
}

const STANDING = `
  SELECT t.tgname::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.relnamespace = to_regnamespace($1) AND t.tgenabled = 'A' AND NOT t.tgisinternal`;

async function triggers(client: Client, { schema }: Place): Promise<StorageFinding> {
  const { rows } = await client.query<{ name: string }>(STANDING, [`"${schema}"`]);
  const standing = new Set(rows.map(({ name }) => name));
  const missing = GUARDED.filter(({ name }) => !standing.has(name));
  const named = missing.map(({ name, table }) => `${name} of ${table}`).join(', ');
  return missing.length === 0
    ? { name: 'triggers', state: 'ok', message: `${GUARDED.length} triggers stand` }
    : {
        name: 'triggers',
        state: 'problem',
        message: `triggers are missing or not ENABLE ALWAYS: ${named}`,
      };
}

const RIGHTS = `
  SELECT current_user::text AS role,
    (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS super,
    EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = to_regnamespace($1)
      AND c.relname = 'event' AND pg_has_role(c.relowner, 'USAGE')) AS owner,
    has_table_privilege('event', 'INSERT') AS captures,
    has_table_privilege('event', 'UPDATE, DELETE, TRUNCATE')
      OR has_table_privilege('payload', 'UPDATE, TRUNCATE') AS changes,
    has_table_privilege('payload', 'DELETE') AND has_table_privilege('purge', 'INSERT') AS purges`;

interface Rights {
  readonly role: string;
  readonly super: boolean;
  readonly owner: boolean;
  readonly captures: boolean;
  readonly changes: boolean;
  readonly purges: boolean;
}

async function rights(client: Client, { schema }: Place): Promise<StorageFinding> {
  const { rows } = await client.query<Rights>(RIGHTS, [`"${schema}"`]);
  const [found] = rows;
  const name = 'privileges';
  if (found === undefined) return { name, state: 'problem', message: 'the role has no name' };
  const { role } = found;
  if (!found.captures)
    return { name, state: 'problem', message: `the role "${role}" may not write events` };
  const power = [
    ...(found.super ? ['is a superuser'] : []),
    ...(found.owner ? ['owns the tables'] : []),
    ...(found.changes ? ['may change or empty tables of the journal'] : []),
  ];
  if (power.length > 0)
    return {
      name,
      state: 'warning',
      message: `the role "${role}" ${power.join(', ')}: only triggers stand between it and the journal`,
    };
  const more = found.purges ? ', and delete bytes behind purge records' : '';
  return { name, state: 'ok', message: `the role "${role}" may add events${more}` };
}
