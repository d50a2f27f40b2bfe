import { type ConnectionOptions, connect, ServerUnsuitableError } from './connection.js';
import { type Client, loadDriver } from './driver.js';
import { end } from './ending.js';
import { asStorageError, isForbidden } from './errors.js';
import { type Place, placeOf } from './place.js';
import { forbiddenRights, rolesOf, TABLE_NAMES } from './schema/roles.js';
import { GUARDED } from './schema/triggers.js';
import { BEING_FILLED, roleOf, SCHEMA_VERSION, schemaVersion } from './schema.js';

/** One thing that was looked at. */
export interface StorageFinding {
  readonly name: 'server' | 'pooler' | 'settings' | 'schema' | 'triggers' | 'privileges';
  /** `problem`: events can be lost or changed unnoticed; `warning`: it works, and could be safer. */
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do next: a command, or words; null where nothing has to be done. */
  readonly advice: string | null;
}

const fine = (name: StorageFinding['name'], message: string): StorageFinding => ({
  name,
  state: 'ok',
  message,
  advice: null,
});

const problem = (
  name: StorageFinding['name'],
  message: string,
  advice: string,
): StorageFinding => ({ name, state: 'problem', message, advice });

const OPTIONS: ConnectionOptions = {
  role: 'reader',
  lockTimeoutMs: 10_000,
  statementTimeoutMs: 30_000,
};

/**
 * Looks at a journal on PostgreSQL, changes nothing, and says what its promises rest
 * on: with the role that the URL names. Where there is no journal, that is all it says.
 *
 * @throws StorageUnavailableError, MissingDriverError, StorageUrlError.
 */
export async function checkStorage(url: string): Promise<StorageFinding[]> {
  const place = placeOf(url);
  const driver = await loadDriver();
  try {
    const client = await connect(driver, place, OPTIONS);
    try {
      const other = await connect(driver, place, OPTIONS);
      const pooler = await poolerBetween(client, other).finally(() => end(other));
      const read = await settingsOf(client);
      const about = [serverFinding(read), pooler, settingsFinding(read)];
      return [...about, ...(await journalFindings(client, place))];
    } finally {
      await end(client);
    }
  } catch (error) {
    if (error instanceof ServerUnsuitableError)
      return [problem('server', error.message, 'use a server, or a setting, that keeps commits')];
    throw asStorageError(place.shown, error);
  }
}

async function journalFindings(client: Client, place: Place): Promise<StorageFinding[]> {
  try {
    const found = await schemaVersion(client, place);
    const schema = schemaFinding(found, place);
    if (found === 0) return [schema];
    return [schema, await triggers(client, place), await rights(client, place)];
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [noRights(await roleOf(client), 'use the tables', place)];
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
    ? problem(
        'pooler',
        'a pooler between lends connections for one transaction: locks of a session do not hold',
        'name the server itself in the storage URL, or set pool_mode = session for this database',
      )
    : fine('pooler', 'connections are our own');
}

function schemaFinding(found: number, { schema }: Place): StorageFinding {
  const name = 'schema';
  if (found === SCHEMA_VERSION) return fine(name, `schema ${found}`);
  if (found === 0)
    return problem(name, `there is no journal in the schema "${schema}"`, 'redrain storage init');
  if (found >= BEING_FILLED)
    return problem(
      name,
      'the journal is being filled from the file of a home, and is not complete',
      'redrain storage import, in that home',
    );
  const message = `the journal has schema ${found}, and this program ${SCHEMA_VERSION}`;
  return found < SCHEMA_VERSION
    ? problem(name, message, 'redrain storage migrate')
    : problem(name, message, 'npm install --global redrain');
}

/** As the server says them; a session cannot set fsync and full_page_writes for itself. */
export interface ServerSettings {
  readonly version: string;
  readonly fsync: string;
  readonly pages: string;
  readonly commit: string;
  /** `client_connection_check_interval`. */
  readonly interval: string;
}

async function settingsOf(client: Client): Promise<ServerSettings> {
  const { rows } = await client.query<ServerSettings>(
    `SELECT current_setting('server_version') AS version,
      current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
      current_setting('synchronous_commit') AS "commit",
      current_setting('client_connection_check_interval') AS interval`,
  );
  const unknown = 'unknown';
  return (
    rows[0] ?? {
      version: unknown,
      fsync: unknown,
      pages: unknown,
      commit: unknown,
      interval: unknown,
    }
  );
}

/** An older server was refused when it was connected. */
function serverFinding({ version }: ServerSettings): StorageFinding {
  return fine('server', `PostgreSQL ${version}`);
}

/** What a server says of itself, and of what was set when it was connected. */
export function settingsFinding(settings: Omit<ServerSettings, 'version'>): StorageFinding {
  const { fsync, pages, commit, interval } = settings;
  const wrong = [
    ...(fsync === 'on' ? [] : [`fsync is ${fsync}`]),
    ...(pages === 'on' ? [] : [`full_page_writes is ${pages}`]),
    ...(commit === 'on' ? [] : [`synchronous_commit is ${commit}`]),
  ];
  if (wrong.length > 0)
    return problem(
      'settings',
      `${wrong.join(' and ')}: a crash of the server can lose what was answered`,
      'set them to on in postgresql.conf, and reload it',
    );
  if (interval !== '500ms')
    return {
      name: 'settings',
      state: 'warning',
      message: `client_connection_check_interval stays ${interval}: a process that is killed in a statement keeps its locks until the statement ends`,
      advice: 'let the role set it: it must not be fixed for the role or the database',
    };
  return fine('settings', 'commits are on disk before they are answered');
}

const STANDING = `
  SELECT t.tgname::text AS name, c.relname::text AS "table", t.tgenabled = 'A' AS always
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.relnamespace = to_regnamespace($1) AND NOT t.tgisinternal`;

interface Standing {
  readonly name: string;
  readonly table: string;
  readonly always: boolean;
}

/** Those of partitions, where somebody made some, are triggers of their own. */
async function triggers(client: Client, { schema }: Place): Promise<StorageFinding> {
  const { rows } = await client.query<Standing>(STANDING, [`"${schema}"`]);
  const standing = new Set(
    rows.filter(({ always }) => always).map(({ name, table }) => `${name} of ${table}`),
  );
  const known = new Set(GUARDED.map(({ name }) => name));
  const missing = GUARDED.map(({ name, table }) => `${name} of ${table}`).filter(
    (one) => !standing.has(one),
  );
  const asleep = rows
    .filter(({ name, always }) => known.has(name) && !always)
    .map(({ name, table }) => `${name} of ${table}`);
  const named = [...new Set([...missing, ...asleep])];
  return named.length === 0
    ? fine('triggers', `${GUARDED.length} triggers stand`)
    : problem(
        'triggers',
        `triggers are missing or not ENABLE ALWAYS: ${named.join(', ')}`,
        'as the owner: ALTER TABLE … ENABLE ALWAYS TRIGGER …; then `redrain verify` says what was changed meanwhile',
      );
}

const RIGHTS = `
  SELECT current_user::text AS role,
    (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS super,
    EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = to_regnamespace($1)
      AND c.relname = 'event' AND pg_has_role(c.relowner, 'USAGE')) AS owner,
    has_table_privilege('event', 'INSERT') AS captures,
    has_table_privilege('payload', 'DELETE') AND has_table_privilege('purge', 'INSERT') AS purges,
    (SELECT json_agg(json_build_array(c.relname, p.privilege))
     FROM pg_class c CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (privilege)
     WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p')
       AND has_table_privilege(c.oid, p.privilege)) AS held`;

interface Rights {
  readonly role: string;
  readonly super: boolean;
  readonly owner: boolean;
  readonly captures: boolean;
  readonly purges: boolean;
  /** Table and right, for each that the role has on a whole table. */
  readonly held: readonly (readonly [table: string, right: string])[] | null;
}

async function rights(client: Client, place: Place): Promise<StorageFinding> {
  const { rows } = await client.query<Rights>(RIGHTS, [`"${place.schema}"`]);
  const [found] = rows;
  const name = 'privileges';
  if (found === undefined) return problem(name, 'the role has no name', 'use another storage URL');
  const { role } = found;
  if (!found.captures) return noRights(role, 'write events', place);
  const more = (found.held ?? [])
    .filter(
      ([table, right]) =>
        TABLE_NAMES.includes(table) && forbiddenRights(table, found.purges).includes(right),
    )
    .map(([table, right]) => `${right} ${table}`);
  const power = [
    ...(found.super ? ['is a superuser'] : []),
    ...(found.owner ? ['owns the tables'] : []),
    ...(more.length > 0 && !found.super && !found.owner ? [`may ${more.join(', ')}`] : []),
  ];
  const { application, gc } = rolesOf(place.schema);
  if (power.length > 0)
    return {
      name,
      state: 'warning',
      message: `the role "${role}" ${power.join(', ')}: only triggers stand between it and the journal`,
      advice: `work as a member of "${application}": \`redrain storage init --roles\` makes it`,
    };
  return fine(
    name,
    found.purges
      ? `the role "${role}" may add events, and delete bytes behind purge records`
      : `the role "${role}" may add events; gc, archive, restore and redact need a member of "${gc}"`,
  );
}

function noRights(role: string, what: string, { schema }: Place): StorageFinding {
  const { application } = rolesOf(schema);
  return problem(
    'privileges',
    `the role "${role}" may not ${what}`,
    `redrain storage init --roles as the owner, then: GRANT "${application}" TO "${role}"`,
  );
}
