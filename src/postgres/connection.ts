import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import { AnswerWatch, isAtWork } from './answer-watch.js';
import type { Client, Driver } from './driver.js';
import { end, within } from './ending.js';
import { asStorageError } from './errors.js';
import type { Place } from './place.js';

/** `server_version_num` of the oldest server that is known to work. */
const OLDEST_SERVER = 150_000;

/** Milliseconds to connect and to agree on settings; a server that answers at all does so in a few. */
const CONNECT_MS = 5_000;

/** A transaction that its process leaves standing (SIGSTOP) holds its locks for so many milliseconds at most. */
const IDLE_TRANSACTION_MS = 5_000;

/** What the server does not answer within its own limit and this is lost on the way, however that was missed. */
const NETWORK_MS = 5_000;

/**
 * What writes is driven by keys that it is given, some thousands at most. A plan that
 * was made while a table was small, and is kept, would read the whole of it later.
 */
const BY_KEYS = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' } as const;

/** What reads may go over a stretch of any width: each time a plan for that one. */
const BY_STRETCH = { plan_cache_mode: 'force_custom_plan' } as const;

const OIDS = { int8: 20, numeric: 1700 } as const;

export interface ConnectionOptions {
  readonly role: 'writer' | 'lease' | 'reader' | 'listener';
  /** Milliseconds to wait for a lock. */
  readonly lockTimeoutMs: number;
  /** Milliseconds that one statement may take. */
  readonly statementTimeoutMs: number;
}

/** The server is too old, or its settings do not keep what they must. */
export class ServerUnsuitableError extends RedrainError {
  override readonly name = 'ServerUnsuitableError';
  readonly code = 'SERVER_UNSUITABLE';
  override readonly exitCode = EXIT.badInput;
}

/**
 * Connects, sets what durability and timeouts rest on, and reads it back.
 *
 * @throws StorageUnavailableError, ServerUnsuitableError.
 */
export async function connect(
  driver: Driver,
  place: Place,
  options: ConnectionOptions,
): Promise<Client> {
  const client = new driver.Client({
    connectionString: place.connectionString,
    query_timeout: options.statementTimeoutMs + NETWORK_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: NETWORK_MS,
    application_name: `redrain ${options.role} ${process.pid}`,
    types: { getTypeParser: (oid, format) => parserOf(driver, oid, format) },
  });
  // An idle connection that breaks is found out by its next use; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    const pid = await within(CONNECT_MS, client, async () => {
      await client.connect();
      await client.query(settings(place, options));
      return assertSuitable(client, place);
    });
    new AnswerWatch(client, () => isAtWork(driver, place, pid));
    return client;
  } catch (error) {
    await end(client);
    throw asStorageError(place.shown, error);
  }
}

function settings(place: Place, options: ConnectionOptions): string {
  const { role, lockTimeoutMs, statementTimeoutMs } = options;
  const isWriting = role === 'writer' || role === 'lease';
  const set: Readonly<Record<string, string>> = {
    synchronous_commit: 'on',
    search_path: `"${place.schema}", pg_temp`,
    TimeZone: "'UTC'",
    bytea_output: 'hex',
    lock_timeout: `'${lockTimeoutMs}ms'`,
    statement_timeout: `'${statementTimeoutMs}ms'`,
    idle_in_transaction_session_timeout: `'${IDLE_TRANSACTION_MS}ms'`,
    // A client that was killed in the middle of a statement frees its locks as soon.
    client_connection_check_interval: "'500ms'",
    tcp_keepalives_idle: "'5s'",
    tcp_keepalives_interval: "'2s'",
    tcp_keepalives_count: '2',
    tcp_user_timeout: "'10s'",
    default_transaction_isolation: isWriting ? "'read committed'" : "'repeatable read'",
    default_transaction_read_only: isWriting ? 'off' : 'on',
    jit: 'off',
    ...(isWriting ? BY_KEYS : BY_STRETCH),
  };
  return Object.entries(set)
    .map(([name, value]) => `SET ${name} = ${value}`)
    .join('; ');
}

const READ_BACK = `
  SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version,
    current_setting('server_version') AS shown,
    current_setting('server_encoding') AS encoding,
    current_setting('synchronous_commit') AS "commit",
    current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS pages,
    current_setting('idle_in_transaction_session_timeout') AS idle`;

interface ReadBack {
  readonly pid: number;
  readonly version: number;
  readonly shown: string;
  readonly encoding: string;
  readonly commit: string;
  readonly idle: string;
}

/** Returns which backend of the server it is. */
async function assertSuitable(client: Client, place: Place): Promise<number> {
  const { rows } = await client.query<ReadBack>(READ_BACK);
  const found = rows[0];
  if (found === undefined)
    throw new StorageUnavailableError(place.shown, 'unreachable', 'it gives no settings');
  const unsuitable = (what: string): never => {
    throw new ServerUnsuitableError(`${place.shown}: ${what}`);
  };
  if (found.version < OLDEST_SERVER)
    unsuitable(`the server is PostgreSQL ${found.shown}; 15 or newer is needed`);
  if (found.encoding !== 'UTF8')
    unsuitable(`the database has the encoding ${found.encoding}; make one with UTF8`);
  if (found.commit !== 'on')
    unsuitable(`synchronous_commit stays "${found.commit}" when it is set to "on"`);
  if (found.idle !== `${IDLE_TRANSACTION_MS / 1000}s`)
    unsuitable(
      `idle_in_transaction_session_timeout stays "${found.idle}": a pooler may be between`,
    );
  return found.pid;
}

type Parser = (text: string) => unknown;

function parserOf(driver: Driver, oid: number, format?: 'text' | 'binary'): Parser {
  if (oid === OIDS.int8 || oid === OIDS.numeric) return asNumber;
  return driver.types.getTypeParser(oid, format as 'text') as Parser;
}

/** Counts, sums and bigint columns are numbers to us; what a double cannot tell apart is an error. */
function asNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new Error(`the database returned ${text}, which is too large a number`);
  return value;
}
